/// Where the rows of the layers go: down the first column, then down the next.
struct LayerGrid {
  /// Leaves a bar of nine cells and more: narrower ones hardly differ.
  static let leastWidth = 18
  static let shareWidth = 5
  static let countWidth = 9
  private static let gap = 2

  let columns: Int
  let rows: Int
  /// Width of one column.
  let width: Int
  let labelWidth: Int
  var first = 0

  /// As few columns as show all layers; nil when no number of columns does.
  init?(layers: Int, size: Size) {
    guard size.rows > 0, layers > 0 else { return nil }
    let columns = (layers + size.rows - 1) / size.rows
    self.init(columns: columns, rows: (layers + columns - 1) / columns, total: size.columns, layers)
    guard width >= Self.leastWidth else { return nil }
  }

  /// Columns that show the selected layer and those around it.
  init(scrolling size: Size, layers: Int, showing selected: Int) {
    let columns = max(1, (size.columns + Self.gap) / (Self.leastWidth + Self.gap))
    self.init(columns: columns, rows: size.rows, total: size.columns, layers)
    let shown = columns * size.rows
    first = max(0, min(selected - shown / 2, layers - shown))
  }

  private init(columns: Int, rows: Int, total: Int, _ layers: Int) {
    self.columns = columns
    self.rows = rows
    width = (total - (columns - 1) * Self.gap) / columns
    labelWidth = String(max(0, layers - 1)).count
  }

  var showsCounts: Bool { width >= labelWidth + 12 + Self.countWidth + Self.shareWidth + 3 }

  var barWidth: Int {
    let fixed = labelWidth + 1 + 1 + Self.shareWidth
    return max(1, width - fixed - (showsCounts ? Self.countWidth + 1 : 0))
  }

  func place(of index: Int) -> Point {
    let slot = index - first
    return Point(x: slot / rows * (width + Self.gap), y: slot % rows)
  }

  /// The layer at a place of the panel; beyond the last one where there is none.
  func index(at point: Point) -> Int { first + point.x / (width + Self.gap) * rows + point.y }

  /// The profile, then grids of fewer and fewer columns.
  static func heights(layers: Int, width: Int) -> [Int] {
    guard layers > 0 else { return [1] }
    let most = max(1, (width + gap) / (leastWidth + gap))
    let grids = (1...most).reversed().map { (layers + $0 - 1) / $0 }
    let profile = 5
    return (grids[0] <= profile ? [] : [profile]) + Set(grids).sorted()
  }
}
