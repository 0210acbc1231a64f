import Basics
import Inference

extension PanelID {
  static let comparison = PanelID(name: "compare")
}

extension Panel {
  /// Answers to one question side by side, and what each of them took.
  static let comparison = Panel(
    id: .comparison,
    place: .middle,
    keys: keys,
    summary: { state, _ in
      guard let comparison = state.comparison else { return "" }
      let pages = ComparisonColumns(comparison, size: Size(columns: state.size.columns, rows: 1))
      return pages.pageLabel ?? (comparison.isRunning ? "answering" : "")
    },
    heights: { _, _ in [1] },
    draw: { state, canvas, _ in
      guard let comparison = state.comparison else {
        canvas.put(
          "Nothing is compared. F7 or /compare does it.", x: 0, y: 0, style: Style(.dim))
        return
      }
      ComparisonColumns(comparison, size: canvas.size).draw(state, into: &canvas)
    },
    text: { state in
      guard let comparison = state.comparison else { return ["compare: nothing yet"] }
      return comparison.columns.indices.flatMap(comparison.lines)
    },
    mouse: { state, action, point, size in
      guard let comparison = state.comparison else { return nil }
      switch action {
      case .wheelUp: return state.scrollComparison(by: -3)
      case .wheelDown: return state.scrollComparison(by: 3)
      case .press:
        let columns = ComparisonColumns(comparison, size: size)
        state.comparison?.selected = columns.index(at: point.x)
        return []
      case .drag, .release: return nil
      }
    })

  private static let keys: [KeyBinding] = [
    KeyBinding([.enter], "go on with this answer") { $0.adoptColumn() },
    KeyBinding(.left, .right, "the answer before, the next one") { $0.selectColumn(by: $1) },
    KeyBinding(.up, .down, "scroll the answers") { $0.scrollComparison(by: $1) },
  ]
}

extension AppState {
  mutating func scrollComparison(by step: Int) -> [AppEffect] {
    guard let here = comparison?.scroll, let body = Layout(self).body(of: .comparison) else {
      return []
    }
    let last = comparison.map { ComparisonColumns($0, size: body.size).lastScroll } ?? 0
    comparison?.scroll = max(0, min(last, here + step))
    return []
  }
}

/// Where the columns of a comparison stand in a panel of some size.
struct ComparisonColumns {
  /// A column narrower than this breaks most of its lines.
  private static let leastWidth = 26
  private static let gap = 3
  /// Lines below the answers.
  private static let facts = 4
  /// What the last of them means, where there is room for it.
  private static let meanings = [
    "KL: distance from the full cache's predictions, 0 is equal · agrees: tokens it finds most probable, too",
    "KL: distance from the full cache, 0 is equal · agrees: same likeliest token",
  ]

  private let comparison: Comparison
  private let size: Size
  /// Columns that stand beside each other.
  private let onPage: Int
  private let width: Int

  init(_ comparison: Comparison, size: Size) {
    self.comparison = comparison
    self.size = size
    let fitting = max(1, (size.columns + Self.gap) / (Self.leastWidth + Self.gap))
    onPage = max(1, min(fitting, comparison.columns.count))
    width = max(1, (size.columns - (onPage - 1) * Self.gap) / onPage)
  }

  /// The columns shown: the page of the selected one.
  private var shown: Range<Int> {
    let first = comparison.selected / onPage * onPage
    return first..<min(comparison.columns.count, first + onPage)
  }

  /// `answers 1 to 3 of 5 ←→`, where not all of them fit.
  var pageLabel: String? {
    guard shown.count < comparison.columns.count else { return nil }
    let last = "\(shown.upperBound) of \(comparison.columns.count) ←→"
    return shown.count == 1 ? "answer \(last)" : "answers \(shown.lowerBound + 1) to \(last)"
  }

  func index(at x: Int) -> Int {
    min(shown.upperBound - 1, shown.lowerBound + max(0, x) / (width + Self.gap))
  }

  private var meaning: String? {
    guard size.rows >= 22 else { return nil }
    return Self.meanings.first { DisplayText.width($0) <= size.columns }
  }

  /// Rows that the columns take.
  private var height: Int { size.rows - (meaning == nil ? 0 : 1) }

  private var answerRows: Int { max(1, height - Self.facts - 3) }

  private func rows(_ index: Int) -> [Range<Int>] {
    Wrapping.rows(of: comparison.columns[index].text, width: width)
  }

  /// The scroll position at which the end of the longest answer is seen.
  var lastScroll: Int { max(0, (shown.map { rows($0).count }.max() ?? 0) - answerRows) }

  func draw(_ state: AppState, into canvas: inout Canvas) {
    for index in shown {
      let x = (index - shown.lowerBound) * (width + Self.gap)
      drawTitle(index, state, x: x, into: &canvas)
      drawAnswer(index, x: x, into: &canvas)
      drawFacts(index, x: x, into: &canvas)
      if index > shown.lowerBound {
        for y in 0..<height { canvas.put("│", x: x - 2, y: y, style: Style(.faint)) }
      }
    }
    if let meaning { canvas.put(meaning, x: 0, y: height, style: Style(.faint)) }
  }

  private func drawTitle(_ index: Int, _ state: AppState, x: Int, into canvas: inout Canvas) {
    let isSelected = index == comparison.selected
    let hasFocus = state.focus == .comparison
    let style =
      isSelected && hasFocus
      ? Style(.accent, [.bold, .reverse]) : Style(isSelected ? .accent : .heading, .bold)
    let title = DisplayText.clipped(" \(comparison.title(index)) ", to: width)
    let used = canvas.put(title, x: x, y: 0, style: style)
    let notes = ["underlined: unlike the first answer", "underlined: unlike the first"]
    guard index > 0, let note = notes.first(where: { $0.count < width - used }) else { return }
    canvas.putTrailing(note, end: x + width, y: 0, limit: note.count, style: Style(.faint))
  }

  private func drawAnswer(_ index: Int, x: Int, into canvas: inout Canvas) {
    let column = comparison.columns[index]
    let first = comparison.columns[0]
    let marked =
      index == 0
      ? []
      : WordDifference.ranges(
        of: column.text, from: first.text, isGrowing: first.answer == nil)
    for (y, row) in rows(index).dropFirst(comparison.scroll).prefix(answerRows).enumerated() {
      canvas.put(column.text.utf8Slice(row), x: x, y: y + 2, limit: width)
      for word in marked where word.overlaps(row) {
        let part = word.clamped(to: row)
        let before = DisplayText.width(column.text.utf8Slice(row.lowerBound..<part.lowerBound))
        canvas.put(
          column.text.utf8Slice(part), x: x + before, y: y + 2, limit: width - before,
          style: Style(.words, [.bold, .underline]))
      }
    }
  }

  private func drawFacts(_ index: Int, x: Int, into canvas: inout Canvas) {
    let top = height - Self.facts
    guard top >= 3 else { return }
    let facts = comparison.columns[index].answer?.facts ?? ["answering"]
    for (row, fact) in facts.enumerated() {
      canvas.put(
        DisplayText.clipped(fact, to: width), x: x, y: top + row,
        style: Style(row == facts.count - 1 && facts.count > 1 ? .text : .dim))
    }
  }
}
