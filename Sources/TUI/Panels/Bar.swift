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

  /// Draws segments one after the other in a row of `width` cells. The last one ends at a resolution of
  /// an eighth of a cell.
  static func draw(
    _ segments: [(share: Double, role: Role)], into canvas: inout Canvas, x: Int, y: Int,
    width: Int, theme: Theme, depth: ColorDepth
  ) {
    let glyphs = glyphs(segments.map(\.role), theme, depth)
    guard depth > .none else {
      drawPlain(segments, glyphs, into: &canvas, x: x, y: y, width: width)
      return
    }
    // Few colours leave none for the track.
    let track = depth >= .palette256 ? (" ", Style(.track, on: .track)) : ("·", Style(.dim))
    let ends = separatedEnds(segments.map(\.share), cells: width)
    for cell in 0..<max(0, width) {
      guard let (segment, filled) = content(of: cell, ends) else {
        canvas.put(track.0, x: x + cell, y: y, style: track.1)
        continue
      }
      // A pattern has no eighths: it ends with a cell, and its neighbours differ from it anyway.
      let isSolid = glyphs[segment] == patterns[0]
      canvas.put(
        isSolid && filled < 8 ? eighths[filled] : glyphs[segment], x: x + cell, y: y,
        style: Style(segments[segment].role, on: .track))
    }
  }

  /// Where segments end, in eighths of a cell. The colours of neighbours need not differ much in
  /// brightness, so that a gap of an eighth lies between them (`content`); a cell shows two colours
  /// only, the segment's and the gap's, so that every segment but the last ends with a cell.
  static func separatedEnds(_ shares: [Double], cells: Int) -> [Int] {
    var ends = roundedEnds(shares, units: max(0, cells) * 8)
    for index in ends.indices.dropLast() {
      let (start, end, next) = (index > 0 ? ends[index - 1] : 0, ends[index], ends[index + 1])
      guard start < end, end < next else { continue }
      // Both keep a cell at least. In a single cell the larger one stands for both.
      let snapped = min(max((end + 4) / 8 * 8, start + 8), (next - 1) / 8 * 8)
      ends[index] = snapped > start ? snapped : (end - start) * 2 >= next - start ? next : start
    }
    return ends
  }

  /// Which segment a cell shows, and how many of its eighths: 7 at most where another segment follows
  /// in the next cell.
  ///
  /// - Parameter ends: what `separatedEnds` found.
  /// - Returns: nil behind the last segment.
  static func content(of cell: Int, _ ends: [Int]) -> (segment: Int, eighths: Int)? {
    let start = cell * 8
    guard let index = ends.firstIndex(where: { $0 > start }) else { return nil }
    let isFollowed = ends[index] == start + 8 && ends.contains { $0 > ends[index] }
    return (index, isFollowed ? 7 : min(8, ends[index] - start))
  }

  /// What tells segments of one colour apart.
  static let patterns = ["█", "▒", "░", "▚"]

  /// What a bar's segments are filled with: a pattern of its own for each one whose colour an earlier one
  /// has, as it is with few colours, and with none.
  static func glyphs(_ roles: [Role], _ theme: Theme, _ depth: ColorDepth) -> [String] {
    let colors = roles.map { theme.color(.role($0), depth: depth) }
    return colors.indices.map { index in
      patterns[colors[..<index].count { $0 == colors[index] } % patterns.count]
    }
  }

  /// What a legend names a segment with: a square of its colour, or its pattern.
  static func marks(_ roles: [Role], _ theme: Theme, _ depth: ColorDepth) -> [String] {
    glyphs(roles, theme, depth).map { depth > .none && $0 == patterns[0] ? "■" : $0 }
  }

  /// The same without colours.
  private static func drawPlain(
    _ segments: [(share: Double, role: Role)], _ glyphs: [String], into canvas: inout Canvas,
    x: Int, y: Int, width: Int
  ) {
    let ends = roundedEnds(segments.map(\.share), units: width)
    for cell in 0..<max(0, width) {
      let index = ends.firstIndex { $0 > cell }
      let glyph = index.map { glyphs[$0] } ?? "·"
      canvas.put(glyph, x: x + cell, y: y, style: Style(index.map { segments[$0].role } ?? .dim))
    }
  }

  private static func roundedEnds(_ shares: [Double], units: Int) -> [Int] {
    var sum = 0.0
    return shares.map { share in
      sum += max(0, share)
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
