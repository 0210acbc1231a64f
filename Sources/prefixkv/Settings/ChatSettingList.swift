import ArgumentParser
import Foundation
import Settings

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

    /// What the command line would say in place of the variable with this value; nothing for a flag that
    /// is off.
    ///
    /// - Throws: `SettingsError` for a flag that is neither on nor off.
    func arguments(ofVariable value: String) throws(SettingsError) -> [String] {
      guard isFlag else { return ["--\(name)=\(value)"] }
      switch value {
      case "1", "true": return ["--" + name]
      case "0", "false": return []
      default: throw .badVariable(name: variable, value: value, detail: "Write 1 or 0.")
      }
    }
  }

  static let all = settings(of: ChatCommand.self)

  /// The chat's options that another command has, too.
  static func shared(with command: any ParsableCommand.Type) -> [Setting] {
    let theirs = settings(of: command)
    return all.filter { setting in
      theirs.contains { $0.name == setting.name && $0.isFlag == setting.isFlag }
    }
  }

  private static func settings(of command: any ParsableCommand.Type) -> [Setting] {
    CommandDescription.arguments(of: command).compactMap { argument in
      guard argument.kind != "positional", let name = argument.preferredName?.name,
        !["help", "version"].contains(name)
      else { return nil }
      return Setting(
        name: name, isFlag: argument.kind == "flag", help: argument.abstract ?? "",
        usual: argument.defaultValue)
    }
  }

  static func named(_ name: String) -> Setting? { all.first { $0.name == name } }

  /// Flags that exclude each other: what is said nearer to the user replaces the other, too.
  static let surfaces: Set = ["plain", "tui"]
}
