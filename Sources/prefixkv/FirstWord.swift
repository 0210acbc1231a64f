import ArgumentParser
import Basics
import Foundation

/// The check for a first word that is no command. The chat would call it an unexpected argument, which says
/// neither what a misspelt command should be nor how a picture is given.
enum FirstWord {
  /// - Parameter arguments: the command line, without the program.
  /// - Throws: `ValidationError`.
  static func check(_ arguments: [String]) throws {
    guard let word = arguments.first, !word.hasPrefix("-") else { return }
    let names =
      PrefixKVCommand.configuration.subcommands.compactMap { $0.configuration.commandName } + [
        "help"
      ]
    guard !names.contains(word) else { return }
    if FileManager.default.fileExists(atPath: word) {
      throw ValidationError("'\(word)' is no command. --image \(word) opens a picture.")
    }
    if let nearest = NearestName.to(word, among: names) {
      throw ValidationError("There is no command '\(word)'. Did you mean '\(nearest)'?")
    }
    throw ValidationError("There is no command '\(word)'. prefixkv --help lists the commands.")
  }
}
