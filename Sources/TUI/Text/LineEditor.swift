import Basics

/// The text of the prompt and its cursor. Pure; every edit keeps the cursor on a character boundary.
struct LineEditor: Sendable, Equatable {
  private(set) var text = ""
  /// UTF-8 offset, 0...text.utf8.count.
  private(set) var cursor = 0
  /// What the last kill took; Ctrl+Y brings it back.
  private(set) var killed = ""
  /// Whether the last text to be inserted was left out because there is no room for it.
  private(set) var isOverfull = false

  /// Bytes of text that an editor holds at most, as many as a line of standard input.
  static let longest = StandardInput.longestLine

  var isEmpty: Bool { text.isEmpty }
  /// The part before the cursor.
  var head: Substring { text[..<index] }
  /// The part behind the cursor.
  var tail: Substring { text[index...] }

  private var index: String.Index { text.utf8Index(cursor) }

  // MARK: Whole text

  mutating func set(_ newText: String) {
    text = newText
    text.makeContiguousUTF8()
    cursor = text.utf8.count
  }

  /// Replaces the text; the cursor stands between the two parts.
  mutating func set(head: String, tail: String) {
    set(tail)
    cursor = 0
    insert(head)
  }

  mutating func take() -> String {
    defer { set("") }
    return text
  }

  /// Inserts all of a text, or nothing of it where that would be longer than `longest`.
  mutating func insert(_ string: String) {
    isOverfull = string.utf8.count > Self.longest - text.utf8.count
    guard !isOverfull else { return }
    text.insert(contentsOf: string, at: index)
    text.makeContiguousUTF8()
    cursor += string.utf8.count
    // A combining mark in front of the cursor may have joined the two sides.
    let rounded = text.rangeOfCharacter(at: cursor)
    if rounded.lowerBound != cursor { cursor = rounded.upperBound }
  }

  // MARK: Moving

  mutating func left() { cursor = offset(before: cursor) }
  mutating func right() { cursor = offset(after: cursor) }
  mutating func wordLeft() { cursor = wordStart }
  mutating func wordRight() { cursor = wordEnd }
  mutating func lineStart() { cursor = currentLine.lowerBound }
  mutating func lineEnd() { cursor = currentLine.upperBound }

  /// Moves to a row above or below when the text is wrapped at `width`. Returns false when there is
  /// none, so that the key can mean something else.
  mutating func moveRow(by step: Int, width: Int) -> Bool {
    let rows = Wrapping.rows(of: text, width: width)
    let here = place(in: rows)
    let target = here.row + step
    guard rows.indices.contains(target) else { return false }
    cursor = offset(column: here.column, in: rows[target])
    return true
  }

  /// Row and column of the cursor among wrapped rows.
  func place(in rows: [Range<Int>]) -> (row: Int, column: Int) {
    let row = rows.lastIndex { $0.lowerBound <= cursor } ?? 0
    let end = min(cursor, rows[row].upperBound)
    let column = DisplayText.width(text.utf8Slice(rows[row].lowerBound..<end))
    return (row, column + (cursor > rows[row].upperBound ? 1 : 0))
  }

  private func offset(column: Int, in row: Range<Int>) -> Int {
    var used = 0
    var offset = row.lowerBound
    for character in text.utf8Slice(row) {
      let width = DisplayText.width(String(character))
      if used + width > column { break }
      used += width
      offset += character.utf8.count
    }
    return offset
  }

  // MARK: Deleting

  mutating func deleteBackward() { remove(offset(before: cursor)..<cursor) }
  mutating func deleteForward() { remove(cursor..<offset(after: cursor)) }
  mutating func killToLineEnd() {
    let end = currentLine.upperBound
    kill(cursor..<(cursor == end ? offset(after: cursor) : end))
  }
  mutating func killToLineStart() { kill(currentLine.lowerBound..<cursor) }
  mutating func killWordBackward() { kill(wordStart..<cursor) }
  mutating func killWordForward() { kill(cursor..<wordEnd) }
  mutating func yank() { insert(killed) }

  /// Exchanges the two characters around the cursor, or the last two at the end of the line.
  mutating func transpose() {
    if cursor == currentLine.upperBound { left() }
    let before = offset(before: cursor)
    let after = offset(after: cursor)
    guard before < cursor, cursor < after else { return }
    let swapped = String(text.utf8Slice(cursor..<after) + text.utf8Slice(before..<cursor))
    remove(before..<after)
    insert(swapped)
  }

  private mutating func kill(_ range: Range<Int>) {
    guard !range.isEmpty else { return }
    killed = String(text.utf8Slice(range))
    remove(range)
  }

  private mutating func remove(_ range: Range<Int>) {
    text.removeSubrange(text.utf8Index(range.lowerBound)..<text.utf8Index(range.upperBound))
    text.makeContiguousUTF8()
    cursor = range.lowerBound
  }

  // MARK: Boundaries

  private func offset(before offset: Int) -> Int {
    offset == 0 ? 0 : text.utf8Offset(text.index(before: text.utf8Index(offset)))
  }

  private func offset(after offset: Int) -> Int {
    offset >= text.utf8.count ? offset : text.utf8Offset(text.index(after: text.utf8Index(offset)))
  }

  private var currentLine: Range<Int> {
    let start = text[..<index].lastIndex(of: "\n").map { text.utf8Offset($0) + 1 } ?? 0
    let end = text[index...].firstIndex(of: "\n").map { text.utf8Offset($0) } ?? text.utf8.count
    return start..<end
  }

  private var wordStart: Int {
    let before = text[..<index]
    guard let last = before.lastIndex(where: Self.isWord) else { return 0 }
    let gap = before[..<last].lastIndex { !Self.isWord($0) }
    return gap.map { text.utf8Offset(text.index(after: $0)) } ?? 0
  }

  private var wordEnd: Int {
    guard let first = text[index...].firstIndex(where: Self.isWord) else { return text.utf8.count }
    return text[first...].firstIndex { !Self.isWord($0) }.map { text.utf8Offset($0) }
      ?? text.utf8.count
  }

  private static func isWord(_ character: Character) -> Bool {
    character.isLetter || character.isNumber
  }
}

extension String {
  /// The UTF-8 range of the character that holds the offset; empty at the end.
  fileprivate func rangeOfCharacter(at offset: Int) -> Range<Int> {
    let index = utf8Index(offset)
    guard index < endIndex else { return offset..<offset }
    let range = rangeOfComposedCharacter(containing: index)
    return utf8Offset(range.lowerBound)..<utf8Offset(range.upperBound)
  }

  private func rangeOfComposedCharacter(containing position: Index) -> Range<Index> {
    // Walking from a character boundary at or before the position: `index(before:)` of the next
    // boundary after it is the start of the character that holds it.
    let next = index(after: position)
    let start = index(before: next)
    return start..<next
  }
}
