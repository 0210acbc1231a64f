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

  func draw(_ depth: ColorDepth, into canvas: inout Canvas) {
    for (index, bar) in bars.enumerated() {
      draw(bar, x: index * barWidth, depth, into: &canvas)
    }
    if hasAxis { drawAxis(into: &canvas) }
  }

  private func draw(
    _ bar: ArraySlice<LayerRetention>, x: Int, _ depth: ColorDepth, into canvas: inout Canvas
  ) {
    let seen = Double(max(1, bar.reduce(0) { $0 + $1.seen }))
    let image = Double(bar.reduce(0) { $0 + $1.image }) / seen
    let all = Double(bar.reduce(0) { $0 + $1.retained }) / seen
    let tops = Bar.column(share: all, height: height)
    let imageUnits = Int((image * Double(height)).rounded())
    for y in 0..<height {
      let role: Role = height - y <= imageUnits ? .image : .words
      let style = Style(role, on: depth >= .palette256 ? .track : .text)
      let isPlain = depth < .palette256 && role == .words && tops[y] == Bar.plainGlyphs[0]
      let glyph = isPlain ? Bar.plainGlyphs[1] : tops[y]
      for column in 0..<barWidth { canvas.put(glyph, x: x + column, y: y, style: style) }
    }
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
