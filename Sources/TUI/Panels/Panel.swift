/// Names a panel. A value and not a case, so that a new panel needs no edit here.
struct PanelID: Sendable, Hashable {
  let name: String
}

/// A rectangle of the screen that shows one part of the state, and its twin in plain text.
struct Panel: Sendable {
  enum Place: Sendable {
    case chat, prompt, side
    /// Only shown while it fills the middle of the screen.
    case middle
  }

  let id: PanelID
  let place: Place
  /// Panels with a lower number get rows first where rows are scarce.
  var urgency = 1
  /// Whether a panel at the side is there at all now.
  var isShown: @Sendable (AppState) -> Bool = { _ in true }
  /// Whether the panel goes before all others now.
  var isUrgent: @Sendable (AppState) -> Bool = { _ in false }
  /// The keys that mean something here, as long as the panel has the focus.
  var keys: [KeyBinding] = []
  /// What stands at the right end of the heading, and is all that is shown when there is no room for a
  /// body.
  /// `width`: the columns there are for it; what is longer is cut.
  let summary: @Sendable (AppState, _ width: Int) -> String
  /// What the colours of the body mean; stands behind the title where there is room.
  var legend: @Sendable (AppState, _ body: Size) -> [(name: String, role: Role)] = { _, _ in [] }
  /// Heights of the body worth having at this width, ascending; the first is the least that helps.
  let heights: @Sendable (AppState, _ width: Int) -> [Int]
  /// Draws the body. Any size must do, 8 by 1 included.
  let draw: @Sendable (AppState, inout Canvas, DrawingMemo) -> Void
  /// The same facts as lines of ASCII, for plain mode and for screen readers.
  let text: @Sendable (AppState) -> [String]
  /// Takes a character that no key binding wanted; nil sends it to the prompt.
  var type: @Sendable (inout AppState, Character) -> [AppEffect]? = { _, _ in nil }
  /// The mouse inside the body; positions are relative to it. nil means that the panel has no use for
  /// the action: it then does not receive the drags that follow a press.
  var mouse: @Sendable (inout AppState, MouseAction, Point, Size) -> [AppEffect]? = { _, _, _, _ in
    nil
  }
}

/// Every panel, in the order of the screen and of the Tab key.
enum Panels {
  static let all: [Panel] = [
    .prompt, .chat, .picture, .budget, .layers, .memory, .speed, .quality, .tokens, .comparison,
  ]

  static func panel(_ id: PanelID) -> Panel {
    guard let panel = all.first(where: { $0.id == id }) else {
      preconditionFailure("panel '\(id.name)' is not in Panels.all")
    }
    return panel
  }

  static func named(_ name: String) -> Panel? { all.first { $0.id.name == name } }
}
