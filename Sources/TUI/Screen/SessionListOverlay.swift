import Basics
import Sessions

/// The list of kept conversations over the panels.
struct SessionListOverlay {
  let list: SessionList
  private let box: Rect

  init(_ list: SessionList, _ size: Size) {
    self.list = list
    let height = min(size.rows - 2, max(8, (list.summaries?.count ?? 0) + 5))
    let width = min(size.columns - 4, 100)
    box = Rect(
      x: (size.columns - width) / 2, y: (size.rows - height) / 2, width: width, height: height)
  }

  /// Rows for conversations: without border, search and the blank row below it.
  private var rows: Int { max(0, box.height - 4) }

  /// The place in the list of the first one that is shown.
  private var first: Int {
    max(0, min(list.selected - rows / 2, (list.summaries?.count ?? 0) - rows))
  }

  /// The place in the list of the conversation at a point of the screen.
  func index(at point: Point) -> Int? {
    let row = point.y - box.y - 3
    guard box.contains(point), (0..<rows).contains(row),
      first + row < (list.summaries?.count ?? 0)
    else { return nil }
    return first + row
  }

  func contains(_ point: Point) -> Bool { box.contains(point) }

  func draw(into canvas: inout Canvas) {
    OverlayBox.draw(box, title: "conversations", hint: hint, into: &canvas)
    let x = box.x + 2
    let label = canvas.put(
      list.title == nil ? "search: " : "title: ", x: x, y: box.y + 1, style: Style(.dim))
    let limit = box.width - 5 - label
    let typed = canvas.put(
      tail(list.title ?? list.query, limit), x: x + label, y: box.y + 1, style: Style(.text, .bold))
    canvas.cursor = Point(x: x + label + typed, y: box.y + 1)
    guard let summaries = list.summaries else { return }
    if summaries.isEmpty {
      let text = list.query.isEmpty ? "none is kept yet" : "none holds this text"
      canvas.put(text, x: x + 1, y: box.y + 3, style: Style(.dim))
    }
    for (row, summary) in summaries.dropFirst(first).prefix(rows).enumerated() {
      draw(summary, isSelected: first + row == list.selected, y: box.y + 3 + row, into: &canvas)
    }
  }

  private var hint: String {
    if list.title != nil { return "Enter takes the title · Esc leaves it" }
    if list.isDeleteArmed { return "Del again deletes it · any other key keeps it" }
    return "Enter resumes · Ctrl+T title · Del deletes · Esc closes"
  }

  private func draw(
    _ summary: SessionSummary, isSelected: Bool, y: Int, into canvas: inout Canvas
  ) {
    let attributes: Style.Attributes = isSelected ? [.reverse] : []
    let left = box.x + 2
    let right = box.x + box.width - 2
    if isSelected {
      canvas.fill(
        Rect(x: left, y: y, width: right - left, height: 1), style: Style(.accent, attributes))
    }
    let id = canvas.put(
      " \(summary.id) ", x: left, y: y, style: Style(isSelected ? .accent : .dim, attributes))
    var limit = right - left - id - 1
    let facts = " \(summary.facts) "
    // On a narrow screen what it is about counts more than when it was.
    if DisplayText.width(facts) < limit / 2 {
      canvas.putTrailing(
        facts, end: right, y: y, limit: limit,
        style: Style(isSelected ? .accent : .dim, attributes))
      limit -= DisplayText.width(facts)
    }
    let role: Role = isSelected ? .accent : summary.title == nil ? .text : .heading
    canvas.put(
      DisplayText.clipped(summary.label, to: limit), x: left + id, y: y,
      style: Style(role, attributes))
  }

  /// The end of a text that is too long to be shown whole.
  private func tail(_ text: String, _ width: Int) -> String {
    var text = Substring(text)
    while DisplayText.width(text) > max(0, width) { text.removeFirst() }
    return String(text)
  }
}
