import Basics

/// The transcript as rows of text. Only the messages that are looked at are wrapped.
struct ChatRows {
  /// One row on the screen.
  struct Row: Equatable {
    var text: Substring
    var style: Style
    var marker = ""
    var markerStyle = Style()
    /// Which message, and the UTF-8 offset in it where the row begins. Rows below the text of a
    /// message count on from its end.
    var message: Int
    var offset: Int
    /// Parts of the row that look different, by offsets in the message.
    var spans: [Markdown.Span] = []
    /// The answer goes on behind this row.
    var isGrowing = false
    /// What stands in the second column: a row of the answer that this one replaces.
    var former: Substring?
  }

  /// Columns left of the text. Only a marker stands there, on the first row of a message.
  static let margin = 2

  /// Columns between an answer and the former one beside it, and the least columns of either.
  static let gap = 3
  private static let leastColumn = 28

  let state: AppState
  let width: Int

  init(_ state: AppState, width: Int) {
    self.state = state
    self.width = max(1, width - Self.margin)
  }

  /// The columns of each of two answers beside each other; nil where there is no room for two, and
  /// where text is to be selected.
  var columnWidth: Int? {
    let column = (width - Self.gap) / 2
    return column >= Self.leastColumn && !state.isCopying ? column : nil
  }

  /// What a panel of this height shows.
  func visible(height: Int) -> [Row] {
    switch state.scroll {
    case .following:
      return Array(inSight(last(height - trailer.count)) + trailer).suffix(max(0, height))
    case .anchored(let message, let offset):
      return Array(rows(fromMessage: message, offset: offset, atLeast: height).prefix(height))
    }
  }

  /// A new answer that is shorter than the former one beside it would leave the screen at the top, with
  /// blanks below it. Where all of it fits beside what is seen of the former one, it stands there.
  private func inSight(_ rows: [Row]) -> [Row] {
    guard let top = rows.first, top.former != nil, let columnWidth else { return rows }
    let here = rows.prefix { $0.message == top.message }.count
    let answer = self.rows(of: top.message, width: columnWidth)
    guard answer.count <= here, answer.first?.offset != top.offset else { return rows }
    var rows = rows
    for index in 0..<here {
      let former = rows[index].former
      rows[index] =
        index < answer.count
        ? answer[index] : Row(text: "", style: Style(), message: top.message, offset: .max)
      rows[index].former = former
    }
    return rows
  }

  /// The position after scrolling by `step` rows, positive for newer ones.
  func scrolled(by step: Int, height: Int) -> ScrollPosition {
    var message = state.transcript.count - 1
    var offset = Int.max
    if case .anchored(let anchor, let anchorOffset) = state.scroll {
      (message, offset) = (anchor, anchorOffset)
    } else if step >= 0 {
      return .following
    } else if let top = last(height - trailer.count).first {
      (message, offset) = (top.message, top.offset)
    }
    guard message >= 0 else { return .following }
    if step > 0 {
      let below = rows(fromMessage: message, offset: offset, atLeast: step + height + 1)
      guard below.count > step + height else { return .following }
      return .anchored(message: below[step].message, offset: below[step].offset)
    }
    let above = rows(before: message, offset: offset, atLeast: -step)
    guard let top = above.suffix(-step).first else {
      return fits(height) ? .following : .anchored(message: message, offset: offset)
    }
    return .anchored(message: top.message, offset: top.offset)
  }

  /// The top of the transcript.
  func first(height: Int) -> ScrollPosition {
    fits(height) ? .following : .anchored(message: 0, offset: 0)
  }

  private func fits(_ height: Int) -> Bool {
    last(height + 1).count + trailer.count <= height
  }

  // MARK: Rows of messages

  private func last(_ count: Int) -> [Row] {
    guard count > 0 else { return [] }
    return Array(rows(before: state.transcript.count, offset: 0, atLeast: count).suffix(count))
  }

  private func rows(before message: Int, offset: Int, atLeast count: Int) -> [Row] {
    var result: [Row] = []
    if state.transcript.indices.contains(message) {
      result = rows(of: message).filter { $0.offset < offset }
      // The anchor itself may lie inside a row after a resize.
      if let last = result.last, last.offset <= offset,
        !rows(of: message).contains(where: { $0.offset == offset }), offset != .max
      {
        result.removeLast()
      }
    }
    var index = min(message, state.transcript.count) - 1
    while index >= 0, result.count < count {
      result = rows(of: index) + result
      index -= 1
    }
    return result
  }

  private func rows(fromMessage message: Int, offset: Int, atLeast count: Int) -> [Row] {
    guard state.transcript.indices.contains(message) else { return last(count) }
    let here = rows(of: message)
    let start = here.lastIndex { $0.offset <= offset } ?? 0
    var result = Array(here[start...])
    var index = message + 1
    while index < state.transcript.count, result.count < count {
      result += rows(of: index)
      index += 1
    }
    return index == state.transcript.count ? result + trailer : result
  }

  /// The rows of a message and the blank one below; none for a former answer that stands beside the
  /// answer after it.
  func rows(of index: Int) -> [Row] {
    guard let columnWidth else { return rows(of: index, width: width) }
    if state.transcript[index].isFormer {
      return state.isReplaced(index) ? [] : rows(of: index, width: width)
    }
    guard state.isReplaced(index - 1) else { return rows(of: index, width: width) }
    return beside(
      rows(of: index, width: columnWidth), rows(of: index - 1, width: columnWidth).map(\.text))
  }

  /// Puts the texts of a former answer beside the rows of the one that replaces it.
  private func beside(_ rows: [Row], _ former: [Substring]) -> [Row] {
    var rows = rows
    while rows.count < former.count, let last = rows.last {
      rows.append(Row(text: "", style: Style(), message: last.message, offset: last.offset + 1))
    }
    for (index, text) in former.enumerated() { rows[index].former = text }
    return rows
  }

  private func rows(of index: Int, width: Int) -> [Row] {
    let message = state.transcript[index]
    let look = ChatLook(message)
    let shown = ShownMessage(index, state)
    let text = shown.text
    var rows = Wrapping.rows(of: text, width: width).map { range in
      Row(
        text: text.utf8Slice(range), style: look.style, message: index, offset: range.lowerBound,
        spans: shown.spans.filter { $0.range.overlaps(range) })
    }
    rows[0].marker = look.marker
    rows[0].markerStyle = look.markerStyle
    // The budget moved here, in the middle of the answer.
    for change in message.conditions.dropFirst() {
      let offset = shown.offset(change.offset)
      let row = rows.lastIndex { $0.offset <= offset } ?? 0
      rows[row].marker = "◆"
      rows[row].markerStyle = Style(.accent, .bold)
    }
    if index == state.runningAnswer, DisplayText.width(rows[rows.count - 1].text) < width {
      rows[rows.count - 1].isGrowing = true
    }
    var end = max(text.utf8.count, message.text.utf8.count)
    for note in look.notes {
      for range in Wrapping.rows(of: note, width: width) {
        end += 1
        let text = note.utf8Slice(range)
        rows.append(Row(text: text, style: Style(.dim), message: index, offset: end))
      }
    }
    let joinsNext =
      message.role == .notice && index + 1 < state.transcript.count
      && state.transcript[index + 1].role == .notice
    if !joinsNext { rows.append(Row(text: "", style: Style(), message: index, offset: end + 1)) }
    return rows
  }

  /// What stands below the last message while the engine works on something.
  private var trailer: [Row] {
    guard let label = ChatLook.waiting(state) else { return [] }
    let index = max(0, state.transcript.count - 1)
    let spinner = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]
    var rows = [
      Row(
        text: label[...], style: Style(.dim), marker: spinner[state.spinnerFrame % spinner.count],
        markerStyle: Style(.accent), message: index, offset: .max)
    ]
    if let progress = state.progress, progress.total > 0 {
      let bar = Bar.line(share: progress.share, width: min(width - 6, 40))
      let text = "\(bar.filled)\(bar.rest) \(Format.percent(progress.share))"
      rows.append(
        Row(text: text[...], style: Style(.accent), message: index, offset: .max))
    }
    return rows
  }
}
