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
    let runs = separatedRuns(segments.map(\.share), cells: width)
    for cell in 0..<max(0, width) {
      guard let (segment, filled) = content(of: cell, runs) else {
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

  /// Where segments lie, in eighths of a cell; empty for those that are not seen.
  ///
  /// The colours of neighbours need not differ much in brightness, so that the track is seen between
  /// them, an eighth of a cell at least (`content`). A cell shows two colours only, the segment's and
  /// the track's, so every segment begins with a cell, and what is less than a cell has its true length.
  static func separatedRuns(_ shares: [Double], cells: Int) -> [Range<Int>] {
    let ends = roundedEnds(shares, units: max(0, cells) * 8)
    let lengths = shares.indices.map { index in
      shares[index] > 0 ? max(1, ends[index] - (index > 0 ? ends[index - 1] : 0)) : 0
    }
    // Where there are fewer cells than segments, the largest have them.
    let seen = Set(
      lengths.indices.filter { lengths[$0] > 0 }.sorted { lengths[$0] > lengths[$1] }
        .prefix(max(0, cells)))
    var left = seen.count
    var start = 0
    return lengths.indices.map { index in
      guard seen.contains(index) else { return start..<start }
      left -= 1
      // Those that follow keep a cell each.
      let last = (cells - left) * 8
      let end = lengths[index] < 8 ? start + lengths[index] : max(start + 1, ends[index])
      defer { start = min(last, (min(last, end) + 7) / 8 * 8) }
      return start..<min(last, end)
    }
  }

  /// Which segment a cell shows, and how many of its eighths: 7 at most where another segment follows
  /// in the next cell.
  ///
  /// - Parameter runs: what `separatedRuns` found.
  /// - Returns: nil beside and behind all segments.
  static func content(of cell: Int, _ runs: [Range<Int>]) -> (segment: Int, eighths: Int)? {
    let place = cell * 8..<(cell + 1) * 8
    guard let index = runs.firstIndex(where: { $0.overlaps(place) }) else { return nil }
    let filled = min(runs[index].upperBound, place.upperBound) - place.lowerBound
    let isFollowed = runs[(index + 1)...].contains {
      $0.lowerBound == place.upperBound && !$0.isEmpty
    }
    return (index, isFollowed ? min(7, filled) : filled)
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
  /// largest of them, or to `least` where that is more. `[height]` rows of at most `width` columns, top
  /// row first.
  static func curve(_ values: [Double], over least: Double = 0, width: Int, height: Int) -> [String]
  {
    let shown = Array(values.suffix(max(0, width * 2)))
    guard let largest = shown.max(), largest > 0, height > 0 else { return [] }
    let top = max(largest, least)
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
