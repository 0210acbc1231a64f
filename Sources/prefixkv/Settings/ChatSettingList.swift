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

  static let all: [Setting] = CommandDescription.arguments(of: ChatCommand.self)
    .compactMap { argument in
      guard argument.kind != "positional", let name = argument.preferredName?.name,
        !["help", "version"].contains(name)
      else { return nil }
      return Setting(
        name: name, isFlag: argument.kind == "flag", help: argument.abstract ?? "",
        usual: argument.defaultValue)
    }

  static func named(_ name: String) -> Setting? { all.first { $0.name == name } }

  /// Flags that exclude each other: what is said nearer to the user replaces the other, too.
  static let surfaces: Set = ["plain", "tui"]
}
