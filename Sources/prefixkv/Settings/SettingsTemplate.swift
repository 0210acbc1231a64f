import TUI

extension ChatSettings {
  /// A settings file in which everything is a comment: each option of `chat` with its help, each key,
  /// each colour.
  static var template: String {
    """
    # Settings of prefixkv's chat. An option on the command line counts more than a variable
    # (PREFIXKV_BUDGET=30%), and a variable more than this file. `prefixkv config --check` finds mistakes.

    [chat]

    \(ChatSettingList.all.map(lines).joined(separator: "\n"))
    [keys]

    # The key on the left does what the key on the right does by itself, or nothing.
    # "ctrl+x" = "ctrl+c"
    # "f5" = "none"
    #
    \(KeyMap.builtIn.map { "# \(padded($0.key)) \($0.help)" }.joined(separator: "\n"))

    [colors]

    # In place of the theme's, on terminals with more than eight colours.
    \(ColorChoices.roles.map { "# \($0) = \"#RRGGBB\"" }.joined(separator: "\n"))

    """
  }

  private static func padded(_ key: String) -> String {
    key + String(repeating: " ", count: max(0, 14 - key.count))
  }

  private static func lines(_ setting: ChatSettingList.Setting) -> String {
    let value = setting.isFlag ? "true" : "\"\(setting.usual ?? "")\""
    return wrapped(setting.help).map { "# \($0)\n" }.joined() + "# \(setting.name) = \(value)\n"
  }

  /// Rows of at most 98 characters.
  private static func wrapped(_ text: String) -> [String] {
    var rows = [""]
    for word in text.split(separator: " ") {
      let row = rows[rows.count - 1]
      if row.isEmpty {
        rows[rows.count - 1] = String(word)
      } else if row.count + word.count < 98 {
        rows[rows.count - 1] = row + " " + word
      } else {
        rows.append(String(word))
      }
    }
    return rows
  }
}
