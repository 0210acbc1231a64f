import ArgumentParser
import Foundation

/// ArgumentParser's description of a command, as far as it is used here.
struct CommandDescription: Decodable {
  /// An option, a flag, or an argument without a name ("positional").
  struct Argument: Decodable {
    struct Name: Decodable {
      /// "long", "short" or "longWithSingleDash".
      let kind: String
      let name: String

      /// With its dashes, as on the command line.
      var written: String { (kind == "long" ? "--" : "-") + name }
    }

    let kind: String
    /// Whether it takes several values.
    let isRepeating: Bool
    let names: [Name]?
    let preferredName: Name?
    let abstract: String?
    let defaultValue: String?
  }

  private let arguments: [Argument]?

  private struct Dump: Decodable { let command: CommandDescription }

  /// What the command takes, its option groups included.
  static func arguments(of command: any ParsableCommand.Type) -> [Argument] {
    guard let dump = try? JSONDecoder().decode(Dump.self, from: Data(command._dumpHelp().utf8))
    else { preconditionFailure("ArgumentParser describes commands in JSON") }
    return dump.command.arguments ?? []
  }
}
