/// A key as the user means it, whatever bytes the terminal sends for it.
enum Key: Sendable, Hashable {
  case character(Character)
  case control(Character)
  case alt(Character)
  case enter
  /// Alt+Enter, Ctrl+J: a new line inside the prompt.
  case newline
  case tab, backTab, escape, backspace, altBackspace, delete
  case up, down, left, right, wordLeft, wordRight
  case home, end, pageUp, pageDown
  case function(Int)

  /// The key's name in the help.
  var label: String {
    switch self {
    case .character(let character): String(character)
    case .control(let character): "Ctrl+\(character)"
    case .alt(let character): "Alt+\(character.uppercased())"
    case .enter: "Enter"
    case .newline: "Alt+Enter"
    case .tab: "Tab"
    case .backTab: "Shift+Tab"
    case .escape: "Esc"
    case .backspace: "Backspace"
    case .altBackspace: "Alt+Backspace"
    case .delete: "Delete"
    case .up: "↑"
    case .down: "↓"
    case .left: "←"
    case .right: "→"
    case .wordLeft: "Ctrl+←"
    case .wordRight: "Ctrl+→"
    case .home: "Home"
    case .end: "End"
    case .pageUp: "PgUp"
    case .pageDown: "PgDn"
    case .function(let number): "F\(number)"
    }
  }
}

enum MouseAction: Sendable, Hashable {
  case press, drag, release, wheelUp, wheelDown
}
