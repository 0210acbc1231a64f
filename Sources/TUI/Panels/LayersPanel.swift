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
      guard let cache = state.cache, cache.layers.first?.seen ?? 0 > 0 else { return "" }
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
        LayerProfile(layers, size: canvas.size).draw(state.depth, into: &canvas)
      }
    },
    text: { state in
      let layers = layers(state)
      guard let first = layers.first else { return ["layers: none yet"] }
      guard first.seen > 0 else { return ["layers: \(layers.count), nothing in the cache yet"] }
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
}

extension AppState {
  mutating func scrollLayers(by step: Int) {
    let count = cache?.layers.count ?? 0
    layersScroll = max(0, min(count - 1, layersScroll + step))
  }
}
