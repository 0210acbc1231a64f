extension PanelID {
  static let prompt = PanelID(name: "prompt")
}

extension Panel {
  /// Where the next question is written.
  static let prompt = Panel(
    id: .prompt,
    place: .prompt,
    keys: keys,
    summary: { state, _ in
      if let search = state.search { return "search '\(search.query)'" }
      if state.offeredPicture != nil { return "Enter loads this picture" }
      if state.queue.count > 0 { return "\(state.queue.count) waiting" }
      let lines = state.prompt.text.utf8.count { $0 == 10 } + 1
      return lines > 1 ? "\(lines) lines" : ""
    },
    heights: { state, width in
      Array(1...max(1, PromptRows(state, width: width).rows.count))
    },
    draw: { state, canvas, _ in
      let isFocused = state.focus == .prompt
      canvas.put("❯", x: 0, y: 0, style: Style(isFocused ? .accent : .dim, .bold))
      if state.prompt.isEmpty {
        canvas.put(placeholder(state), x: PromptRows.margin, y: 0, style: Style(.dim))
      }
      let rows = PromptRows(state, width: canvas.size.columns)
      let top = rows.top(height: canvas.size.rows)
      for y in 0..<canvas.size.rows where top + y < rows.rows.count {
        canvas.put(
          state.prompt.text.utf8Slice(rows.rows[top + y]), x: PromptRows.margin, y: y)
      }
      guard isFocused, canvas.size.columns > 0 else { return }
      canvas.cursor = Point(
        x: min(canvas.size.columns - 1, PromptRows.margin + rows.cursor.column),
        y: rows.cursor.row - top)
    },
    text: { state in ["prompt: " + state.prompt.text] })

  private static let keys: [KeyBinding] = [
    KeyBinding([.enter], "send") { $0.submit() },
    KeyBinding([.newline], "new line") { $0.edit { $0.insert("\n") } },
    KeyBinding([.tab], "complete a command or a path") { $0.complete(by: 1) },
    KeyBinding([.up, .control("P")], "row above, earlier question") { $0.older() },
    KeyBinding([.down, .control("N")], "row below, later question") { $0.newer() },
    KeyBinding([.control("R")], "search the earlier questions") { $0.searchHistory() },
    KeyBinding([.home, .control("A")], "start of the line") { $0.edit { $0.lineStart() } },
    KeyBinding([.end, .control("E")], "end of the line") { $0.edit { $0.lineEnd() } },
    KeyBinding([.left, .control("B")]) { $0.edit { $0.left() } },
    KeyBinding([.right, .control("F")]) { $0.edit { $0.right() } },
    KeyBinding([.alt("b"), .wordLeft], "word left") { $0.edit { $0.wordLeft() } },
    KeyBinding([.alt("f"), .wordRight], "word right") { $0.edit { $0.wordRight() } },
    KeyBinding([.control("K")], "cut to the end of the line") { $0.edit { $0.killToLineEnd() } },
    KeyBinding([.control("U")], "cut to the start of the line") {
      $0.edit { $0.killToLineStart() }
    },
    KeyBinding([.control("W"), .altBackspace], "cut the word before") {
      $0.edit { $0.killWordBackward() }
    },
    KeyBinding([.alt("d")], "cut the word after") { $0.edit { $0.killWordForward() } },
    KeyBinding([.control("Y")], "paste what was cut") { $0.edit { $0.yank() } },
    KeyBinding([.control("T")], "exchange two characters") { $0.edit { $0.transpose() } },
    KeyBinding([.backspace]) { $0.edit { $0.deleteBackward() } },
    KeyBinding([.delete, .control("D")]) { state in
      guard !state.prompt.isEmpty else { return nil }
      return state.edit { $0.deleteForward() }
    },
  ]

  private static func placeholder(_ state: AppState) -> String {
    if state.model?.seesPictures == false { return "Ask something" }
    return state.picture == nil ? "/image PATH opens a picture" : "Ask about the picture"
  }
}

/// The prompt's text as rows, and the cursor among them.
struct PromptRows {
  static let margin = 2
  let rows: [Range<Int>]
  let cursor: (row: Int, column: Int)

  init(_ state: AppState, width: Int) {
    let textWidth = PromptRows.textWidth(width)
    rows = Wrapping.rows(of: state.prompt.text, width: textWidth)
    cursor = state.prompt.place(in: rows)
  }

  /// One column stays free for the cursor behind a full row.
  static func textWidth(_ width: Int) -> Int { max(1, width - margin - 1) }

  /// The first row shown, so that the cursor's row is among them.
  func top(height: Int) -> Int {
    max(0, min(cursor.row - height / 2, rows.count - height), cursor.row - height + 1)
  }
}
