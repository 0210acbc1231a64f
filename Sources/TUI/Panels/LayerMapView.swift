import Basics
import KVCache

/// The layers panel where it has much room: the map, and how one layer's attention is spread.
struct LayerMapView {
  /// Where the curve stands.
  private enum Arrangement {
    case beside, below
  }

  /// Below these sizes, the bars say more.
  private static let leastBeside = Size(columns: 90, rows: 16)
  private static let leastBelow = Size(columns: 48, rows: 24)
  private static let curveWidth = 36
  private static let curveRows = 10
  /// Rows below a map: the curve, its axis and its sentences.
  private static let belowRows = 14

  let state: AppState
  let entries: CacheEntries
  let size: Size
  private let arrangement: Arrangement

  /// nil where the map does not fit or the entries are not known yet.
  init?(_ state: AppState, size: Size) {
    guard let entries = state.entries, entries.positions > 0 else { return nil }
    func holds(_ least: Size) -> Bool {
      size.columns >= least.columns && size.rows >= least.rows
    }
    if holds(Self.leastBeside) {
      arrangement = .beside
    } else if holds(Self.leastBelow), state.isWide {
      arrangement = .below
    } else {
      return nil
    }
    self.state = state
    self.entries = entries
    self.size = size
  }

  /// Rows that the panel takes at the side of a wide screen.
  static func sideHeight(layers: Int) -> Int {
    max(leastBelow.rows, (layers <= 8 ? 2 * layers : (layers + 1) / 2) + 2 + belowRows)
  }

  private var labelWidth: Int { String(entries.kept.count - 1).count + 1 }

  private var map: LayerMap {
    let room =
      arrangement == .beside
      ? Size(columns: size.columns - labelWidth - Self.curveWidth - 3, rows: size.rows - 2)
      : Size(columns: size.columns - labelWidth, rows: size.rows - 2 - Self.belowRows)
    return LayerMap(entries, size: room, selected: state.selectedLayer)
  }

  /// The layer at a place of the panel; nil beside the map.
  func layer(at point: Point) -> Int? {
    let map = map
    guard point.y < map.rows, point.x < labelWidth + map.size.columns else { return nil }
    return min(entries.kept.count - 1, map.layer(row: point.y))
  }

  func draw(into canvas: inout Canvas) {
    let map = map
    map.draw(into: &canvas, x: labelWidth, y: 0, theme: state.theme, depth: state.depth)
    drawLabels(map, into: &canvas)
    drawAxis(map, y: map.rows, into: &canvas)
    drawLegend(map, y: map.rows + 1, into: &canvas)
    let curve = LayerCurve(
      entries, layer: state.selectedLayer, threshold: state.cache?.threshold)
    switch arrangement {
    case .beside:
      curve.draw(
        into: &canvas, at: Point(x: size.columns - Self.curveWidth, y: 0),
        width: Self.curveWidth, rows: min(Self.curveRows, size.rows - 7))
    case .below:
      let top = map.rows + 3
      curve.draw(
        into: &canvas, at: Point(x: labelWidth, y: top), width: size.columns - labelWidth,
        rows: min(Self.curveRows, size.rows - top - 7))
    }
  }

  private func drawLabels(_ map: LayerMap, into canvas: inout Canvas) {
    for row in 0..<map.rows {
      let layer = map.layer(row: row)
      let last = map.rowsPerLayer > 0 ? layer : layer + 1
      let isSelected = (layer...last).contains(state.selectedLayer)
      let isFirstRow = row == 0 || map.layer(row: row - 1) != layer
      guard isFirstRow, isSelected || layer % 4 == 0 || row == map.rows - 1 else { continue }
      let label = Format.padded(
        String(isSelected ? state.selectedLayer : layer), to: labelWidth - 1)
      canvas.put(
        label, x: 0, y: row, style: isSelected ? Style(.accent, .reverse) : Style(.dim))
    }
  }

  private func drawAxis(_ map: LayerMap, y: Int, into canvas: inout Canvas) {
    let width = min(map.size.columns, entries.positions * map.columnsPerBin)
    canvas.put("0", x: labelWidth, y: y, style: Style(.dim))
    canvas.putTrailing(
      String(entries.positions - 1), end: labelWidth + width, y: y, limit: width,
      style: Style(.dim))
    let perColumn = map.positionsPerColumn
    let note = perColumn > 1 ? "position, \(perColumn) a column" : "position"
    if width > note.count + 14 {
      canvas.put(note, x: labelWidth + (width - note.count) / 2, y: y, style: Style(.dim))
    }
  }

  private func drawLegend(_ map: LayerMap, y: Int, into canvas: inout Canvas) {
    var x = labelWidth
    let items = LayerMap.legend.map { ($0.name, $0.segment.role, "■") }
    let evicted = state.depth >= .palette256 ? "■" : "·"
    for (name, role, glyph) in items + [("evicted", .track, evicted)] {
      guard x + name.count + 3 <= labelWidth + map.size.columns else { return }
      x += canvas.put(glyph, x: x, y: y, style: Style(role))
      x += canvas.put(" \(name)  ", x: x, y: y, style: Style(.dim))
    }
  }
}
