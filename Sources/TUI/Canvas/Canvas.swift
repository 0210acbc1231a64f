import Basics

/// A grid of cells, `[rows, columns]`, and the only way to the screen. `put` replaces control
/// characters by visible stand-ins and cuts off what does not fit.
struct Canvas: Sendable, Hashable {
  let size: Size
  private(set) var cells: [Cell]
  /// Where the text cursor stands; nil hides it.
  var cursor: Point?
  /// Pixels over some of the cells.
  var picture: PlacedPicture?

  init(_ size: Size) {
    self.size = Size(columns: max(size.columns, 0), rows: max(size.rows, 0))
    cells = Array(repeating: .blank, count: self.size.columns * self.size.rows)
  }

  var bounds: Rect { Rect(x: 0, y: 0, width: size.columns, height: size.rows) }

  subscript(x: Int, y: Int) -> Cell {
    cells[y * size.columns + x]
  }

  /// Puts `text` on one row, at most `limit` columns of it.
  ///
  /// - Returns: the columns used.
  @discardableResult
  mutating func put<Text: StringProtocol>(
    _ text: Text, x: Int, y: Int, limit: Int = .max, style: Style = Style()
  ) -> Int {
    guard y >= 0, y < size.rows else { return 0 }
    let limit = min(limit, size.columns - x)
    var used = 0
    for original in text.unicodeScalars {
      let scalar = DisplayText.visible(original)
      let width = DisplayText.width(original)
      if scalar == "\t" || scalar == "\n" {
        let blanks = min(scalar == "\t" ? width : 1, limit - used)
        for _ in 0..<max(blanks, 0) {
          set(x + used, y, Cell(glyph: " ", width: 1, style: style))
          used += 1
        }
        continue
      }
      if width == 0 {
        if used > 0 { join(scalar, x: x + used - 1, y: y) }
        continue
      }
      if used + width > limit { break }
      set(x + used, y, Cell(glyph: String(scalar), width: width, style: style))
      if width == 2 { set(x + used + 1, y, Cell(glyph: "", width: 0, style: style)) }
      used += width
    }
    return used
  }

  /// Puts `text` so that it ends before column `end`.
  mutating func putTrailing(_ text: String, end: Int, y: Int, limit: Int, style: Style = Style()) {
    let shown = DisplayText.clipped(text, to: limit)
    put(shown, x: end - DisplayText.width(shown), y: y, limit: limit, style: style)
  }

  mutating func fill(_ rect: Rect, glyph: String = " ", style: Style = Style()) {
    guard !rect.isEmpty else { return }
    for y in rect.y..<rect.y + rect.height {
      for x in rect.x..<rect.x + rect.width {
        set(x, y, Cell(glyph: glyph, width: 1, style: style))
      }
    }
  }

  /// Writes one cell as it is; a cell outside of the canvas is left out.
  mutating func set(_ x: Int, _ y: Int, _ cell: Cell) {
    guard x >= 0, y >= 0, x < size.columns, y < size.rows else { return }
    cells[y * size.columns + x] = cell
  }

  /// Adds a mark to the glyph before it. Joiners and variation selectors are dropped, because
  /// terminals disagree on what they do to widths. A glyph keeps at most three marks, so that a
  /// tower of accents does not cover the rows around it.
  private mutating func join(_ mark: Unicode.Scalar, x: Int, y: Int) {
    guard mark != "\u{200D}", !(0xFE00...0xFE0F).contains(mark.value) else { return }
    var base = x
    if base > 0, base < size.columns, self[base, y].width == 0 { base -= 1 }
    guard base >= 0, base < size.columns else { return }
    let cell = cells[y * size.columns + base]
    guard cell.glyph.unicodeScalars.count <= 3 else { return }
    cells[y * size.columns + base].glyph.unicodeScalars.append(mark)
  }

  /// Copies `part` and its cursor to a place inside this canvas.
  mutating func place(_ part: Canvas, x: Int, y: Int) {
    for row in 0..<part.size.rows {
      for column in 0..<part.size.columns { set(x + column, y + row, part[column, row]) }
    }
    if let cursor = part.cursor { self.cursor = Point(x: x + cursor.x, y: y + cursor.y) }
    if var picture = part.picture {
      picture.rect.x += x
      picture.rect.y += y
      self.picture = picture
    }
  }

  /// Takes the picture off where something was drawn over its cells; placeholders need no such care.
  mutating func hideCoveredPicture() {
    guard let picture, picture.method != .kittyPlaceholders else { return }
    let rect = picture.rect
    let isCovered = (rect.y..<rect.y + rect.height).contains { y in
      (rect.x..<rect.x + rect.width).contains { self[$0, y] != .blank }
    }
    if isCovered { self.picture = nil }
  }

  /// The screen as lines of text without trailing blanks, as tests compare it.
  var text: String {
    (0..<size.rows).map { y in
      var line = (0..<size.columns).map { self[$0, y].glyph }.joined()
      while line.last == " " { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }
}
