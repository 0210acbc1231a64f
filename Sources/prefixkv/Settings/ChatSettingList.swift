import ArgumentParser
import Foundation

/// The options of `chat` as settings. They are read from the command itself, so that every option it
/// gets can be set.
enum ChatSettingList {
  struct Setting: Sendable {
    /// The long option without its dashes, which is also the key in the file.
    let name: String
    let isFlag: Bool
    let help: String
    /// As the command line would write it; nil where leaving the option out says more.
    let usual: String?

    /// "PREFIXKV_KV_TYPE"
    var variable: String {
      "PREFIXKV_" + name.uppercased().replacingOccurrences(of: "-", with: "_")
    }
  }

  static let all: [Setting] = {
    guard
      let dump = try? JSONDecoder().decode(Dump.self, from: Data(ChatCommand._dumpHelp().utf8))
    else { preconditionFailure("ArgumentParser describes commands in JSON") }
    return (dump.command.arguments ?? []).compactMap { argument in
      guard argument.kind != "positional", let name = argument.preferredName?.name,
        !["help", "version"].contains(name)
      else { return nil }
      return Setting(
        name: name, isFlag: argument.kind == "flag", help: argument.abstract ?? "",
        usual: argument.defaultValue)
    }
  }()

  static func named(_ name: String) -> Setting? { all.first { $0.name == name } }

  /// Flags that exclude each other: what is said nearer to the user replaces the other, too.
  static let surfaces: Set = ["plain", "tui"]

  /// ArgumentParser's description of a command, as far as it is used here.
  private struct Dump: Decodable {
    struct Command: Decodable { let arguments: [Argument]? }
    struct Argument: Decodable {
      struct Name: Decodable { let name: String }
      let kind: String
      let preferredName: Name?
      let abstract: String?
      let defaultValue: String?
    }
    let command: Command
  }
}
