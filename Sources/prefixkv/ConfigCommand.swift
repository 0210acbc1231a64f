import ArgumentParser
import Basics
import Foundation

struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config",
    abstract: "Show, write or check the settings of the chat.",
    discussion: """
      The settings are in config.toml in $XDG_CONFIG_HOME/prefixkv, by default ~/.config/prefixkv: \
      options of the chat, keys and colours. An option counts more than a variable such as \
      PREFIXKV_BUDGET, and a variable more than the file.
      """)

  @Flag(name: .customLong("init"), help: "Write a file with every setting as a comment.")
  var initialises = false

  @Flag(name: .long, help: "Report every mistake with its line, and end with 65 if there is one.")
  var check = false

  func validate() throws {
    if initialises, check { throw ValidationError("--init and --check exclude each other.") }
  }

  func run() throws {
    let path = ChatSettings.path()
    if initialises { return try write(to: path) }
    let settings = ChatSettings()
    for problem in settings.problems { StandardStream.errors.notice("prefixkv: \(problem)") }
    guard settings.problems.isEmpty else { throw ExitCode(ExitStatus.badData.rawValue) }
    let exists = FileManager.default.fileExists(atPath: path)
    if check {
      try StandardStream.output.line(
        exists
          ? "\(path) has no mistakes" : "\(path) is not there; prefixkv config --init writes it")
      return
    }
    try StandardStream.output.line(exists ? path : path + " (not there)")
    for choice in settings.choices(beside: []) {
      let value = choice.arguments.first ?? "--\(choice.name) off"
      try StandardStream.output.line("\(DisplayText.oneLine(value))  (\(choice.source))")
    }
  }

  /// A file that is there is never replaced.
  private func write(to path: String) throws {
    guard access(path, F_OK) != 0 else {
      throw ValidationError("'\(path)' exists already; edit it, or move it away first.")
    }
    try Folder.create(PathText.folder(of: path))
    try OutputFile.write(ChatSettings.template.utf8, to: path)
    try StandardStream.output.line("wrote \(DisplayText.oneLine(path))")
  }
}
