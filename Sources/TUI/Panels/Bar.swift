/// Bars made of characters.
enum Bar {
  private static let eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
  private static let levels = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

  /// A thin line, filled from the left: `━━━━────`.
  static func line(share: Double, width: Int) -> (filled: String, rest: String) {
    let filled = Int((share * Double(width)).rounded())
    return (
      String(repeating: "━", count: max(0, min(width, filled))),
      String(repeating: "─", count: max(0, width - max(0, filled)))
    )
  }

  /// Draws segments one after the other in a row of `width` cells, at a resolution of an eighth of
  /// a cell: the cell in which one colour ends shows the next one behind it.
  static func draw(
    _ segments: [(share: Double, role: Role)], into canvas: inout Canvas, x: Int, y: Int,
    width: Int, depth: ColorDepth
  ) {
    guard depth > .none else {
      drawPlain(segments, into: &canvas, x: x, y: y, width: width)
      return
    }
    // Few colours leave none for the track.
    let track = depth >= .palette256 ? (" ", Style(.track, on: .track)) : ("·", Style(.dim))
    let ends = roundedEnds(segments, units: width * 8)
    for cell in 0..<max(0, width) {
      let start = cell * 8
      let index = ends.firstIndex { $0 > start }
      let role = index.map { segments[$0].role } ?? .track
      guard let index, ends[index] < start + 8 else {
        let (glyph, style) = index == nil ? track : ("█", Style(role, on: .track))
        canvas.put(glyph, x: x + cell, y: y, style: style)
        continue
      }
      let next = follower(of: ends[index], cellEnd: start + 8, ends, segments)
      let glyph = eighths[ends[index] - start]
      canvas.put(glyph, x: x + cell, y: y, style: Style(role, on: next))
    }
  }

  /// The colour that fills most of the rest of the cell behind `end`, since a cell can show only two.
  private static func follower(
    of end: Int, cellEnd: Int, _ ends: [Int], _ segments: [(share: Double, role: Role)]
  ) -> Role {
    let middle = (end + cellEnd) / 2
    return ends.firstIndex { $0 > middle }.map { segments[$0].role } ?? .track
  }

  /// What stands for the first and the second segment without colours.
  static let plainGlyphs = ["█", "▒"]

  /// The same without colours: a glyph of its own for each segment.
  private static func drawPlain(
    _ segments: [(share: Double, role: Role)], into canvas: inout Canvas, x: Int, y: Int, width: Int
  ) {
    let ends = roundedEnds(segments, units: width)
    for cell in 0..<max(0, width) {
      let index = ends.firstIndex { $0 > cell }
      let glyph = index.map { plainGlyphs[$0 % plainGlyphs.count] } ?? "·"
      canvas.put(glyph, x: x + cell, y: y, style: Style(index.map { segments[$0].role } ?? .dim))
    }
  }

  private static func roundedEnds(
    _ segments: [(share: Double, role: Role)], units: Int
  ) -> [Int] {
    var sum = 0.0
    return segments.map { segment in
      sum += max(0, segment.share)
      return Int((min(1, sum) * Double(units)).rounded())
    }
  }

  /// A column of `height` cells filled from below, top row first: how many eighths of each are filled.
  static func column(share: Double, height: Int) -> [Int] {
    let units = Int((min(1, max(0, share)) * Double(height * 8)).rounded())
    return (0..<height).map { row in min(8, max(0, units - (height - 1 - row) * 8)) }
  }

  /// A cell of which so many eighths are filled from below.
  static func glyph(eighths: Int) -> String { eighths == 0 ? " " : levels[eighths - 1] }

  /// The newest values as a thin curve of dots over zero, two values a column, scaled to the
  /// largest of them. `[height]` rows of at most `width` columns, top row first.
  static func curve(_ values: [Double], width: Int, height: Int) -> [String] {
    let shown = Array(values.suffix(max(0, width * 2)))
    guard let top = shown.max(), top > 0, height > 0 else { return [] }
    let highest = height * 4 - 1
    let levels = shown.map { min(highest, max(0, Int(($0 / top * Double(highest)).rounded()))) }
    var cells = Array(
      repeating: [UInt32](repeating: 0, count: (shown.count + 1) / 2), count: height)
    for (index, level) in levels.enumerated() {
      // Joined to the value before it, so that the curve has no holes.
      let before = index > 0 ? levels[index - 1] : level
      let low = before < level ? before + 1 : level
      let high = before > level ? before - 1 : level
      for dot in low...high {
        cells[height - 1 - dot / 4][index / 2] |= brailleDot(column: index % 2, level: dot % 4)
      }
    }
    return cells.map { row in
      String(
        String.UnicodeScalarView(row.map { $0 == 0 ? " " : Unicode.Scalar(0x2800 + $0) ?? " " }))
    }
  }

  /// The bit of a dot in a Unicode braille cell; level 0 is the lowest of four.
  private static func brailleDot(column: Int, level: Int) -> UInt32 {
    let dots: [[UInt32]] = [[0x40, 0x04, 0x02, 0x01], [0x80, 0x20, 0x10, 0x08]]
    return dots[column][level]
  }
}
