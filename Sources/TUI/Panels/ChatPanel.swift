import Basics

extension PanelID {
  static let chat = PanelID(name: "chat")
}

extension Panel {
  /// The conversation, streaming. Its rows begin with two blank columns and end without a border,
  /// so that a selection copies clean text.
  static let chat = Panel(
    id: .chat,
    place: .chat,
    keys: keys,
    summary: { state, width in
      if state.showsConfidence { return Confidence.legend(width: width) }
      if state.scroll != .following { return "PgDn for newer" }
      let questions = state.transcript.count { $0.role == .user }
      return questions == 0 ? "" : questions == 1 ? "1 question" : "\(questions) questions"
    },
    heights: { _, _ in [1] },
    draw: { state, canvas, _ in
      let chat = ChatRows(state, width: canvas.size.columns)
      let rows = chat.visible(height: canvas.size.rows)
      for (y, row) in rows.enumerated() {
        canvas.put(row.marker, x: 0, y: y, style: row.markerStyle)
        let used = put(row, y: y, into: &canvas)
        if let former = row.former, let column = chat.columnWidth {
          let x = ChatRows.margin + column + ChatRows.gap
          canvas.put("│", x: x - 2, y: y, style: Style(.faint))
          canvas.put(former, x: x, y: y, limit: column, style: Style(.dim))
        }
        // A reversed blank and no block character: some terminals draw those beyond their cell.
        if row.isGrowing {
          canvas.put(" ", x: ChatRows.margin + used, y: y, style: Style(.text, .reverse))
        }
      }
      let isNew = state.transcript.allSatisfy { $0.role == .notice }
      if isNew, state.scroll == .following { drawWelcome(below: rows.count, into: &canvas) }
    },
    text: { state in
      state.transcript.map { message in
        "\(message.role): \(message.text)"
      }
    },
    mouse: { state, action, point, size in
      switch action {
      case .wheelUp: state.scrollChat(by: -3)
      case .wheelDown: state.scrollChat(by: 3)
      case .press:
        let position = ChatRows(state, width: size.columns).position(at: point, height: size.rows)
        return position.map { state.select(position: $0) }
      case .drag, .release: return nil
      }
      return []
    })

  private static let keys: [KeyBinding] = [
    KeyBinding(.up, .down, "one row up, down") { state, step in
      state.scrollChat(by: step)
      return []
    },
    KeyBinding([.home], "first row") { state in
      state.scrollChatToTop()
      return []
    },
    KeyBinding([.end], "newest row, and follow it") { state in
      state.scroll = .following
      return []
    },
  ]

  /// Puts the text of a row, part by part where parts look different.
  ///
  /// - Returns: the columns used.
  private static func put(_ row: ChatRows.Row, y: Int, into canvas: inout Canvas) -> Int {
    let text = String(row.text)
    var (used, done) = (0, 0)
    func part(to end: Int, _ style: Style) {
      let end = min(end, text.utf8.count)
      guard end > done else { return }
      used += canvas.put(
        text.utf8Slice(done..<end), x: ChatRows.margin + used, y: y, style: style)
      done = end
    }
    for span in row.spans {
      part(to: span.range.lowerBound - row.offset, row.style)
      part(to: span.range.upperBound - row.offset, span.look.style)
    }
    part(to: text.utf8.count, row.style)
    return used
  }

  private static func drawWelcome(below rows: Int, into canvas: inout Canvas) {
    let lines = [
      "Ask something about the picture.",
      "The budget decides how much of it every layer keeps in mind.",
      "F5 F6 make it smaller and larger, also while an answer is written. F3 shows on the picture "
        + "what is kept. F7 compares answers at several budgets. F1 lists all keys.",
    ]
    var y = max(1, rows)
    for line in lines {
      for range in Wrapping.rows(of: line, width: canvas.size.columns - 4) {
        canvas.put(line.utf8Slice(range), x: ChatRows.margin, y: y, style: Style(.dim))
        y += 1
      }
      y += 1
    }
  }
}

extension AppState {
  /// Scrolls by rows, positive for newer ones.
  mutating func scrollChat(by rows: Int) {
    let body = Layout(self).body(of: .chat) ?? Rect(x: 0, y: 0, width: 80, height: 20)
    scroll = ChatRows(self, width: body.width).scrolled(by: rows, height: body.height)
  }

  mutating func scrollChatToTop() {
    let body = Layout(self).body(of: .chat) ?? Rect(x: 0, y: 0, width: 80, height: 20)
    scroll = ChatRows(self, width: body.width).first(height: body.height)
  }

  /// Rows that PgUp and PgDn scroll: two of the old ones stay in sight.
  var chatPage: Int { max(1, (Layout(self).body(of: .chat)?.height ?? 20) - 2) }
}
