import KVCache

/// Every layer as one column of cells, side by side: the picture's entries below, the text's above them.
struct LayerProfile {
  private let bars: [ArraySlice<LayerRetention>]
  private let layers: Int
  private let perBar: Int
  private let barWidth: Int
  /// Height of the columns, without the axis below them.
  private let height: Int
  private let hasAxis: Bool

  /// Where there are more layers than columns, several share a column.
  init(_ layers: [LayerRetention], size: Size) {
    self.layers = layers.count
    let perBar = max(1, (layers.count + size.columns - 1) / max(1, size.columns))
    bars = stride(from: 0, to: layers.count, by: perBar).map { first in
      layers[first..<min(first + perBar, layers.count)]
    }
    self.perBar = perBar
    barWidth = max(1, min(3, size.columns / max(1, bars.count)))
    hasAxis = size.rows >= 3
    height = hasAxis ? size.rows - 1 : size.rows
  }

  /// - Parameter selected: a layer that is marked on the axis.
  func draw(_ depth: ColorDepth, selected: Int?, into canvas: inout Canvas) {
    for (index, bar) in bars.enumerated() {
      draw(bar, x: index * barWidth, depth, into: &canvas)
    }
    guard hasAxis else { return }
    drawAxis(into: &canvas)
    if let selected {
      canvas.put(
        "▲", x: selected / perBar * barWidth, y: height, style: Style(.accent, .bold))
    }
  }

  private func draw(
    _ bar: ArraySlice<LayerRetention>, x: Int, _ depth: ColorDepth, into canvas: inout Canvas
  ) {
    let seen = Double(max(1, bar.reduce(0) { $0 + $1.seen }))
    let image = Double(bar.reduce(0) { $0 + $1.image }) / seen
    let all = Double(bar.reduce(0) { $0 + $1.retained }) / seen
    for y in 0..<height {
      let cell = height - 1 - y
      let (glyph, style) =
        depth > .none
        ? colored(cell, Bar.separatedRuns([image, all - image], cells: height), depth)
        : (plainGlyph(cell, image: image, all: all), Style())
      for column in 0..<barWidth { canvas.put(glyph, x: x + column, y: y, style: style) }
    }
  }

  /// One cell, counted from below.
  private func colored(_ cell: Int, _ runs: [Range<Int>], _ depth: ColorDepth) -> (String, Style) {
    let track: Role = depth >= .palette256 ? .track : .text
    guard let (segment, eighths) = Bar.content(of: cell, runs) else {
      return (Bar.glyph(eighths: 0), Style(.text, on: track))
    }
    return (Bar.glyph(eighths: eighths), Style(segment == 0 ? .image : .words, on: track))
  }

  /// Without colours the picture's entries are solid and the text's are shaded.
  private func plainGlyph(_ cell: Int, image: Double, all: Double) -> String {
    let filled = Bar.column(share: all, height: height)[height - 1 - cell]
    let ofImage = Bar.column(share: image, height: height)[height - 1 - cell]
    if ofImage * 2 >= filled { return Bar.glyph(eighths: filled) }
    return filled >= 4 ? Bar.patterns[1] : "░"
  }

  /// `0     layer     31`
  private func drawAxis(into canvas: inout Canvas) {
    let width = bars.count * barWidth
    canvas.put("0", x: 0, y: height, style: Style(.dim))
    canvas.putTrailing(
      String(layers - 1), end: width, y: height, limit: width, style: Style(.dim))
    let note = perBar > 1 ? "\(perBar) layers a bar" : "layer"
    guard width > note.count + 8 else { return }
    canvas.put(note, x: (width - note.count) / 2, y: height, style: Style(.dim))
  }
}
