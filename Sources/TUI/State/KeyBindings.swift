/// What a key does in some place.
struct KeyBinding: Sendable {
  enum Section: CaseIterable, Sendable {
    case anywhere, prompt, chat, budget, panels

    var title: String {
      switch self {
      case .anywhere: "Anywhere"
      case .prompt: "Writing"
      case .chat: "Chat panel"
      case .budget: "Budget panel"
      case .panels: "Other panels"
      }
    }
  }

  let section: Section
  let keys: [Key]
  /// Empty: an alternative that needs no mention.
  let help: String
  /// nil: does not apply now, and a later binding may.
  let action: @Sendable (inout AppState, Key) -> [AppEffect]?

  init(
    _ section: Section, _ keys: [Key], _ help: String = "",
    action: @escaping @Sendable (inout AppState) -> [AppEffect]?
  ) {
    self.section = section
    self.keys = keys
    self.help = help
    self.action = { state, _ in action(&state) }
  }

  /// A pair of keys that do the same in two directions; the action receives -1 or 1.
  init(
    _ section: Section, _ less: Key, _ more: Key, _ help: String,
    action: @escaping @Sendable (inout AppState, Int) -> [AppEffect]?
  ) {
    self.section = section
    keys = [less, more]
    self.help = help
    self.action = { state, key in action(&state, key == less ? -1 : 1) }
  }

  var label: String { keys.prefix(2).map(\.label).joined(separator: ", ") }

  func applies(to focus: PanelID) -> Bool {
    switch section {
    case .anywhere: true
    case .prompt: focus == .prompt
    case .chat: focus == .chat
    case .budget: focus == .budget
    case .panels: Panels.panel(focus).place == .side && focus != .budget
    }
  }
}

/// Every key, in the order in which they are tried: those of the focused panel first.
enum KeyBindings {
  static let all: [KeyBinding] = anywhere + prompt + chat + budget + panels

  /// The bindings of `key` that apply at `focus`, the most particular first.
  static func candidates(_ key: Key, focus: PanelID) -> [KeyBinding] {
    let matching = all.filter { $0.keys.contains(key) && $0.applies(to: focus) }
    return matching.filter { $0.section != .anywhere } + matching.filter { $0.section == .anywhere }
  }

  private static let anywhere: [KeyBinding] = [
    KeyBinding(.anywhere, [.control("C")], "stop the answer; twice: leave") { $0.interrupt() },
    KeyBinding(.anywhere, [.control("D")], "leave, when the prompt is empty") { state in
      guard state.prompt.isEmpty else { return nil }
      return [.quit(status: 0)]
    },
    KeyBinding(.anywhere, [.function(1), .character("?")], "this help (? in an empty prompt)") {
      guard $0.prompt.isEmpty else { return nil }
      $0.helpScroll = 0
      return []
    },
    KeyBinding(.anywhere, [.function(1)]) { state in
      state.helpScroll = 0
      return []
    },
    KeyBinding(.anywhere, .backTab, .tab, "previous, next panel") { $0.moveFocus(by: $1) },
    KeyBinding(.anywhere, [.function(2)], "only the chat, for selecting text with the mouse") {
      $0.isCopying.toggle()
      $0.zoomed = nil
      return [.mouseReports(!$0.isCopying)]
    },
    KeyBinding(.anywhere, .function(5), .function(6), "5 % less, more budget") {
      $0.moveBudget(by: 0.05 * Double($1))
    },
    KeyBinding(.anywhere, .pageUp, .pageDown, "scroll the chat") { state, step in
      state.scrollChat(by: step * state.chatPage)
      return []
    },
    KeyBinding(.anywhere, [.escape], "back to the prompt") { $0.escape() },
    KeyBinding(.anywhere, [.control("L")], "paint the screen again") { _ in [.repaint] },
    KeyBinding(.anywhere, [.control("Z")], "suspend; fg comes back") { _ in [.suspend] },
  ]

  private static let prompt: [KeyBinding] = [
    KeyBinding(.prompt, [.enter], "send") { $0.submit() },
    KeyBinding(.prompt, [.newline], "new line") { $0.edit { $0.insert("\n") } },
    KeyBinding(.prompt, [.tab], "complete a command or a path") { $0.complete(by: 1) },
    KeyBinding(.prompt, [.up, .control("P")], "row above, earlier question") { $0.older() },
    KeyBinding(.prompt, [.down, .control("N")], "row below, later question") { $0.newer() },
    KeyBinding(.prompt, [.home, .control("A")], "start of the line") { $0.edit { $0.lineStart() } },
    KeyBinding(.prompt, [.end, .control("E")], "end of the line") { $0.edit { $0.lineEnd() } },
    KeyBinding(.prompt, [.left, .control("B")]) { $0.edit { $0.left() } },
    KeyBinding(.prompt, [.right, .control("F")]) { $0.edit { $0.right() } },
    KeyBinding(.prompt, [.alt("b"), .wordLeft], "word left") { $0.edit { $0.wordLeft() } },
    KeyBinding(.prompt, [.alt("f"), .wordRight], "word right") { $0.edit { $0.wordRight() } },
    KeyBinding(.prompt, [.control("K")], "cut to the end of the line") {
      $0.edit { $0.killToLineEnd() }
    },
    KeyBinding(.prompt, [.control("U")], "cut to the start of the line") {
      $0.edit { $0.killToLineStart() }
    },
    KeyBinding(.prompt, [.control("W"), .altBackspace], "cut the word before") {
      $0.edit { $0.killWordBackward() }
    },
    KeyBinding(.prompt, [.alt("d")], "cut the word after") { $0.edit { $0.killWordForward() } },
    KeyBinding(.prompt, [.control("Y")], "paste what was cut") { $0.edit { $0.yank() } },
    KeyBinding(.prompt, [.control("T")], "exchange two characters") { $0.edit { $0.transpose() } },
    KeyBinding(.prompt, [.backspace]) { $0.edit { $0.deleteBackward() } },
    KeyBinding(.prompt, [.delete, .control("D")]) { state in
      guard !state.prompt.isEmpty else { return nil }
      return state.edit { $0.deleteForward() }
    },
  ]

  private static let chat: [KeyBinding] = [
    KeyBinding(.chat, .up, .down, "one row up, down") { state, step in
      state.scrollChat(by: step)
      return []
    },
    KeyBinding(.chat, [.home], "first row") { state in
      state.scrollChatToTop()
      return []
    },
    KeyBinding(.chat, [.end], "newest row, and follow it") { state in
      state.scroll = .following
      return []
    },
  ]

  private static let budget: [KeyBinding] = [
    KeyBinding(.budget, .left, .right, "5 % less, more") {
      $0.moveBudget(by: 0.05 * Double($1))
    },
    KeyBinding(.budget, .down, .up, "1 % less, more") { $0.moveBudget(by: 0.01 * Double($1)) },
    KeyBinding(.budget, .home, .end, "10 %, 100 %") { $0.setBudget(.share($1 < 0 ? 0.1 : 1)) },
    KeyBinding(.budget, [.enter], "set what was typed: 30%, 180tok, 200MiB") { state in
      guard let typed = state.budget.typed else { return nil }
      return state.setBudget(typed: typed)
    },
    KeyBinding(.budget, [.backspace]) { state in
      guard var typed = state.budget.typed else { return nil }
      typed.removeLast()
      state.budget.typed = typed.isEmpty ? nil : typed
      return []
    },
  ]

  private static let panels: [KeyBinding] = [
    KeyBinding(.panels, [.enter], "give the panel the whole screen, and back") { state in
      state.zoomed = state.zoomed == nil ? state.focus : nil
      return []
    },
    KeyBinding(.panels, .up, .down, "scroll the layers") { state, step in
      guard state.focus == .layers else { return nil }
      state.scrollLayers(by: step)
      return []
    },
  ]
}

extension Key {
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
