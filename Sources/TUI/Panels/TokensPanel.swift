extension PanelID {
  static let tokens = PanelID(name: "tokens")
}

extension Panel {
  /// One token of the transcript, or a patch of the picture: how it came about, and what became of its
  /// entries. It is there while something is looked at.
  static let tokens = Panel(
    id: .tokens,
    place: .side,
    urgency: 0,
    isShown: { $0.inspection.isOn || $0.focus == .tokens },
    isUrgent: { $0.inspection.isOn },
    keys: [
      KeyBinding(.left, .right, "the token before, the next one") { $0.moveToken(by: $1) },
      KeyBinding(.up, .down, "a token of the row above, below") { $0.moveTokenRow(by: $1) },
      KeyBinding([.home]) { state in state.generated.first.map { state.reveal($0.position) } },
      KeyBinding([.end]) { state in state.generated.last.map { state.reveal($0.position) } },
    ],
    summary: { state, _ in
      guard let position = state.inspection.position else { return "F8 or /tokens selects one" }
      let tokens = state.generated
      guard let index = tokens.firstIndex(where: { $0.position == position }) else {
        return "position \(position)"
      }
      return "\(index + 1) of \(tokens.count), Esc leaves"
    },
    heights: { state, width in
      let report = TokenReport(state)
      let least = report.compactHeight(width: width)
      let most = report.height(width: width)
      let table = report.table(width: width, limit: .max).count
      // The picture, which shows what was attended to, needs the other half.
      return [least] + [most, most + table].filter { $0 <= state.size.rows / 2 - 1 }
    },
    draw: { state, canvas, _ in
      let report = TokenReport(state)
      let width = canvas.size.columns
      var rows = report.rows(width: width)
      if rows.count > canvas.size.rows { rows = report.compact(width: width) }
      rows += report.table(width: width, limit: canvas.size.rows - rows.count)
      for (y, row) in rows.prefix(canvas.size.rows).enumerated() {
        row.draw(into: &canvas, y: y, theme: state.theme, depth: state.depth)
      }
    },
    text: { state in TokenReport(state).lines })
}
