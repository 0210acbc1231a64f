/// What a key does. A panel lists its own; `KeyBindings` has those of every place.
struct KeyBinding: Sendable {
  let keys: [Key]
  /// Empty for an alternative that the help need not mention.
  let help: String
  /// nil: the key does not apply now, and a later binding may.
  let action: @Sendable (inout AppState, Key) -> [AppEffect]?

  init(
    _ keys: [Key], _ help: String = "",
    action: @escaping @Sendable (inout AppState) -> [AppEffect]?
  ) {
    self.keys = keys
    self.help = help
    self.action = { state, _ in action(&state) }
  }

  /// A pair of keys that do the same in two directions; the action receives -1 or 1.
  init(
    _ less: Key, _ more: Key, _ help: String,
    action: @escaping @Sendable (inout AppState, Int) -> [AppEffect]?
  ) {
    keys = [less, more]
    self.help = help
    self.action = { state, key in action(&state, key == less ? -1 : 1) }
  }

  /// The first two keys, as the help names them.
  var label: String { keys.prefix(2).map(\.label).joined(separator: ", ") }
}

/// The keys that mean the same in more than one panel, and the order in which keys are tried.
enum KeyBindings {
  /// The bindings of `key` that apply at `focus`: those of the panel first.
  static func candidates(_ key: Key, focus: PanelID) -> [KeyBinding] {
    (particular(to: focus) + anywhere).filter { $0.keys.contains(key) }
  }

  /// The bindings of the focused panel, and those of all panels at the side.
  static func particular(to focus: PanelID) -> [KeyBinding] {
    let panel = Panels.panel(focus)
    return panel.keys + (panel.place == .side ? side : [])
  }

  /// Every binding under the title of its section, as the help lists them.
  static var sections: [(title: String, bindings: [KeyBinding])] {
    [("anywhere", anywhere)] + Panels.all.map { ("\($0.id.name) panel", $0.keys) }
      + [("any panel at the side", side)]
  }

  private static let anywhere: [KeyBinding] = [
    KeyBinding([.control("C")], "stop the answer; twice: leave") { $0.interrupt() },
    KeyBinding([.control("D")], "leave, when the prompt is empty") { state in
      guard state.prompt.isEmpty else { return nil }
      return [.quit(status: 0)]
    },
    KeyBinding([.function(1), .character("?")], "this help (? in an empty prompt)") {
      guard $0.prompt.isEmpty else { return nil }
      $0.helpScroll = 0
      return []
    },
    KeyBinding([.function(1)]) { state in
      state.helpScroll = 0
      return []
    },
    KeyBinding(.backTab, .tab, "previous, next panel") { $0.moveFocus(by: $1) },
    KeyBinding([.function(2)], "only the chat, to select text") { $0.toggleCopying() },
    KeyBinding([.enter], "in the mode of F2: copy all") { state in
      guard state.isCopying, state.prompt.isEmpty, let text = state.text(of: .all) else {
        return nil
      }
      return [.copy(text)]
    },
    KeyBinding([.function(3)], "next overlay on the picture: what is kept, what is important") {
      $0.setOverlay($0.nextOverlay)
    },
    KeyBinding([.function(4)], "score answers on the full cache, or no longer") {
      $0.setTwin(!$0.quality.isOn)
    },
    KeyBinding(.function(5), .function(6), "5 % less, more budget") {
      $0.moveBudget(by: 0.05 * Double($1))
    },
    KeyBinding([.function(7)], "the last question at several budgets side by side") {
      $0.toggleComparison()
    },
    KeyBinding([.function(8)], "look at the tokens of the answers one by one") {
      $0.toggleTokens()
    },
    KeyBinding([.function(9)], "shade answers by how sure the model was, or no longer") {
      $0.setConfidence(!$0.showsConfidence)
    },
    KeyBinding(.pageUp, .pageDown, "scroll the chat") { state, step in
      state.scrollChat(by: step * state.chatPage)
      return []
    },
    KeyBinding([.escape], "back to the prompt") { $0.escape() },
    KeyBinding([.control("L")], "paint the screen again") { _ in [.repaint] },
    KeyBinding([.control("Z")], "suspend; fg comes back") { _ in [.suspend] },
  ]

  private static let side: [KeyBinding] = [
    KeyBinding([.enter], "give the panel the whole screen, and back") { state in
      state.zoomed = state.zoomed == nil ? state.focus : nil
      return []
    }
  ]
}
