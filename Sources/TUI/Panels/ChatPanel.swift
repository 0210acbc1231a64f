extension PanelID {
  static let chat = PanelID(name: "chat")
}

extension Panel {
  /// The conversation, streaming. Its rows begin with two blank columns and end without a border,
  /// so that a selection copies clean text.
  static let chat = Panel(
    id: .chat,
    place: .chat,
    summary: { state, _ in
      let turns = state.transcript.count { $0.role == .user }
      if state.scroll != .following { return "PgDn for newer" }
      return turns == 0 ? "" : turns == 1 ? "1 turn" : "\(turns) turns"
    },
    heights: { _, _ in [1] },
    draw: { state, canvas, _ in
      let rows = ChatRows(state, width: canvas.size.columns).visible(height: canvas.size.rows)
      for (y, row) in rows.enumerated() {
        canvas.put(row.marker, x: 0, y: y, style: row.markerStyle)
        canvas.put(row.text, x: ChatRows.margin, y: y, style: row.style)
      }
      if state.transcript.isEmpty, rows.isEmpty { drawWelcome(state, into: &canvas) }
    },
    text: { state in
      state.transcript.map { message in
        "\(message.role): \(message.text)"
      }
    },
    mouse: { state, action, _, size in
      switch action {
      case .wheelUp: state.scrollChat(by: -3)
      case .wheelDown: state.scrollChat(by: 3)
      default: break
      }
      return []
    })

  private static func drawWelcome(_ state: AppState, into canvas: inout Canvas) {
    let lines = [
      "Ask something about the picture.",
      "The budget decides how much of it every layer keeps in mind.",
    ]
    for (y, line) in lines.enumerated() {
      for (row, range) in Wrapping.rows(of: line, width: canvas.size.columns - 4).enumerated() {
        canvas.put(
          line.utf8Slice(range), x: ChatRows.margin, y: 1 + y * 2 + row, style: Style(.dim))
      }
    }
  }
}

extension AppState {
  mutating func scrollChat(by rows: Int) {
    let body = Layout(self).body(of: .chat) ?? Rect(x: 0, y: 0, width: 80, height: 20)
    scroll = ChatRows(self, width: body.width).scrolled(by: rows, height: body.height)
  }

  mutating func scrollChatToTop() {
    let body = Layout(self).body(of: .chat) ?? Rect(x: 0, y: 0, width: 80, height: 20)
    scroll = ChatRows(self, width: body.width).first(height: body.height)
  }

  var chatPage: Int { max(1, (Layout(self).body(of: .chat)?.height ?? 20) - 2) }
}
