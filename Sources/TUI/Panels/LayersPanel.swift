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
      KeyBinding(.up, .down, "select a layer") { state, step in
        state.selectLayer(by: step)
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
    // The map has colours, and a legend, of its own.
    legend: { state, size in
      LayerMapView(state, size: size) == nil ? [("picture", .image), ("text", .words)] : []
    },
    heights: { state, width in
      let layers = layers(state).count
      let grids = LayerGrid.heights(layers: layers, width: width)
      guard state.isWide, layers > 0 else { return grids }
      return grids + [LayerMapView.sideHeight(layers: layers)].filter { $0 > grids.last ?? 0 }
    },
    draw: { state, canvas, _ in
      let layers = layers(state)
      guard !layers.isEmpty else {
        canvas.put("No layers yet.", x: 0, y: 0, style: Style(.dim))
        return
      }
      if let view = LayerMapView(state, size: canvas.size) {
        view.draw(into: &canvas)
      } else if let grid = LayerGrid(layers: layers.count, size: canvas.size) {
        drawRows(layers, grid, state, into: &canvas)
      } else if state.focus == .layers, canvas.size.columns >= LayerGrid.leastWidth {
        let grid = LayerGrid(
          scrolling: canvas.size, layers: layers.count, showing: state.selectedLayer)
        drawRows(layers, grid, state, into: &canvas)
      } else {
        LayerProfile(layers, size: canvas.size).draw(
          state.depth, selected: state.marksLayer ? state.selectedLayer : nil, into: &canvas)
      }
    },
    text: { state in
      let layers = layers(state)
      guard let first = layers.first else { return ["layers: none yet"] }
      guard first.seen > 0 else { return ["layers: \(layers.count), nothing in the cache yet"] }
      return layers.enumerated().map { index, layer in
        "layer \(index): \(layer.retained) of \(layer.seen) kept (\(Format.percent(layer.share))), "
          + "\(layer.image) picture, \(layer.text) text"
      }
        + (state.entries.map {
          LayerCurve($0, layer: state.selectedLayer, threshold: nil).sentences
        } ?? [])
    },
    mouse: { state, action, point, size in
      switch action {
      case .wheelUp: state.selectLayer(by: -1)
      case .wheelDown: state.selectLayer(by: 1)
      case .press:
        guard let layer = layer(at: point, state, size), layer < layers(state).count else {
          return nil
        }
        state.selectedLayer = layer
      case .drag, .release: return nil
      }
      return []
    })

  /// The layer whose row is at a place of the body.
  private static func layer(at point: Point, _ state: AppState, _ size: Size) -> Int? {
    if let view = LayerMapView(state, size: size) {
      return view.layer(at: point)
    }
    return LayerGrid(layers: layers(state).count, size: size)?.index(at: point)
  }

  private static func layers(_ state: AppState) -> [LayerRetention] {
    if let cache = state.cache, !cache.layers.isEmpty { return cache.layers }
    let empty = LayerRetention(system: 0, image: 0, user: 0, assistant: 0, seen: 0)
    return Array(repeating: empty, count: state.model?.layers ?? 0)
  }

  private static func drawRows(
    _ layers: [LayerRetention], _ grid: LayerGrid, _ state: AppState, into canvas: inout Canvas
  ) {
    let selected = state.marksLayer ? state.selectedLayer : nil
    for index in grid.first..<min(layers.count, grid.first + grid.columns * grid.rows) {
      let place = grid.place(of: index)
      let layer = layers[index]
      let label = Format.padded(String(index), to: grid.labelWidth)
      let isSelected = index == selected
      canvas.put(
        label, x: place.x, y: place.y, style: isSelected ? Style(.accent, .reverse) : Style(.dim))
      let seen = Double(max(1, layer.seen))
      Bar.draw(
        [(Double(layer.image) / seen, .image), (Double(layer.text) / seen, .words)],
        into: &canvas, x: place.x + grid.labelWidth + 1, y: place.y, width: grid.barWidth,
        theme: state.theme, depth: state.depth)
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
  /// Whether the selected layer is marked: somebody looks at it, or steps through the layers.
  fileprivate var marksLayer: Bool { focus == .layers || overlay == .layer }
}
