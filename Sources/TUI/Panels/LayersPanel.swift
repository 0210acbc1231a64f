import Basics
import KVCache

extension PanelID {
  static let layers = PanelID(name: "layers")
}

extension Panel {
  /// How much every layer retains. With room, one row a layer, in as many columns as it takes;
  /// without, one bar a layer, side by side.
  static let layers = Panel(
    id: .layers,
    place: .side,
    urgency: 0,
    keys: [
      KeyBinding(.up, .down, "scroll the layers") { state, step in
        state.scrollLayers(by: step)
        return []
      }
    ],
    summary: { state, width in
      guard let cache = state.cache, !cache.layers.isEmpty else { return "" }
      let retained = cache.layers.reduce(0) { $0 + $1.retained }
      let seen = cache.layers.reduce(0) { $0 + $1.seen }
      let counts = "\(Format.count(retained)) of \(Format.count(seen))"
      if width < counts.count { return Format.percent(Double(retained) / Double(max(1, seen))) }
      return width >= counts.count + 8 ? counts + " entries" : counts
    },
    legend: [("picture", .image), ("text", .words)],
    heights: { state, width in LayerGrid.heights(layers: layers(state).count, width: width) },
    draw: { state, canvas, _ in
      let layers = layers(state)
      guard !layers.isEmpty else {
        canvas.put("No layers yet.", x: 0, y: 0, style: Style(.dim))
        return
      }
      if let grid = LayerGrid(layers: layers.count, size: canvas.size) {
        drawRows(layers, grid, state.depth, into: &canvas)
      } else if state.focus == .layers, canvas.size.columns >= LayerGrid.leastWidth {
        let grid = LayerGrid(scrolling: canvas.size, layers: layers.count, from: state.layersScroll)
        drawRows(layers, grid, state.depth, into: &canvas)
      } else {
        drawProfile(layers, state.depth, into: &canvas)
      }
    },
    text: { state in
      let layers = layers(state)
      guard !layers.isEmpty else { return ["layers: none yet"] }
      return layers.enumerated().map { index, layer in
        "layer \(index): \(layer.retained) of \(layer.seen) kept (\(Format.percent(layer.share))), "
          + "\(layer.image) image, \(layer.text) text"
      }
    },
    mouse: { state, action, _, _ in
      switch action {
      case .wheelUp: state.scrollLayers(by: -1)
      case .wheelDown: state.scrollLayers(by: 1)
      case .press, .drag, .release: return nil
      }
      return []
    })

  private static func layers(_ state: AppState) -> [LayerRetention] {
    if let cache = state.cache, !cache.layers.isEmpty { return cache.layers }
    let empty = LayerRetention(system: 0, image: 0, user: 0, assistant: 0, seen: 0)
    return Array(repeating: empty, count: state.model?.layers ?? 0)
  }

  private static func drawRows(
    _ layers: [LayerRetention], _ grid: LayerGrid, _ depth: ColorDepth, into canvas: inout Canvas
  ) {
    for index in grid.first..<min(layers.count, grid.first + grid.columns * grid.rows) {
      let place = grid.place(of: index)
      let layer = layers[index]
      let label = Format.padded(String(index), to: grid.labelWidth)
      canvas.put(label, x: place.x, y: place.y, style: Style(.dim))
      let seen = Double(max(1, layer.seen))
      Bar.draw(
        [(Double(layer.image) / seen, .image), (Double(layer.text) / seen, .words)],
        into: &canvas, x: place.x + grid.labelWidth + 1, y: place.y, width: grid.barWidth,
        depth: depth)
      let end = place.x + grid.width
      canvas.putTrailing(
        layer.seen == 0 ? "–" : Format.percent(layer.share), end: end, y: place.y,
        limit: LayerGrid.shareWidth)
      if grid.showsCounts, layer.seen > 0 {
        canvas.putTrailing(
          "\(layer.retained)/\(layer.seen)", end: end - LayerGrid.shareWidth - 1, y: place.y,
          limit: LayerGrid.countWidth, style: Style(.dim))
      }
    }
  }

  /// One column of cells a layer, the picture's entries below and the text's above them.
  private static func drawProfile(
    _ layers: [LayerRetention], _ depth: ColorDepth, into canvas: inout Canvas
  ) {
    let size = canvas.size
    let perBar = (layers.count + size.columns - 1) / max(1, size.columns)
    let bars = stride(from: 0, to: layers.count, by: max(1, perBar)).map { first in
      layers[first..<min(first + perBar, layers.count)]
    }
    let barWidth = max(1, min(3, size.columns / max(1, bars.count)))
    let hasAxis = size.rows >= 3
    let height = hasAxis ? size.rows - 1 : size.rows
    for (index, bar) in bars.enumerated() {
      let seen = Double(max(1, bar.reduce(0) { $0 + $1.seen }))
      let image = Double(bar.reduce(0) { $0 + $1.image }) / seen
      let all = Double(bar.reduce(0) { $0 + $1.retained }) / seen
      let tops = Bar.column(share: all, height: height)
      let imageUnits = Int((image * Double(height)).rounded())
      for y in 0..<height {
        let role: Role = height - y <= imageUnits ? .image : .words
        let style = Style(role, on: depth >= .palette256 ? .track : .text)
        let isPlain = depth < .palette256 && role == .words && tops[y] == Bar.plainGlyphs[0]
        for x in 0..<barWidth {
          let glyph = isPlain ? Bar.plainGlyphs[1] : tops[y]
          canvas.put(glyph, x: index * barWidth + x, y: y, style: style)
        }
      }
    }
    guard hasAxis else { return }
    let last = String(layers.count - 1)
    let width = bars.count * barWidth
    canvas.put("0", x: 0, y: height, style: Style(.dim))
    canvas.putTrailing(last, end: width, y: height, limit: width, style: Style(.dim))
    let note = perBar > 1 ? "\(perBar) layers a bar" : "layer"
    if width > note.count + 8 {
      canvas.put(note, x: (width - note.count) / 2, y: height, style: Style(.dim))
    }
  }
}

extension AppState {
  mutating func scrollLayers(by step: Int) {
    let count = cache?.layers.count ?? 0
    layersScroll = max(0, min(count - 1, layersScroll + step))
  }
}
