import Basics
import KVCache

/// Every layer's entries over the positions of the conversation: kept entries in the colour of their
/// segment, evicted ones dark. Several positions share a column where there are more of them.
struct LayerMap {
  /// What one column shows.
  private struct Bin {
    var positions: Range<Int>
    /// The segment that most of the positions belong to.
    var segment: Segment
  }

  let entries: CacheEntries
  let size: Size
  private let bins: [Bin]
  /// Rows of cells that one layer takes; 0: two layers share a row.
  let rowsPerLayer: Int
  /// The first layer shown.
  let first: Int

  /// The colours, as a legend names them.
  static let legend: [(name: String, segment: Segment)] = [
    ("system", .system), ("picture", .image), ("question", .user), ("answer", .assistant),
  ]

  /// - Parameter selected: a layer that is to be seen.
  init(_ entries: CacheEntries, size: Size, selected: Int) {
    self.entries = entries
    self.size = size
    let layers = entries.kept.count
    rowsPerLayer = layers > 0 ? min(2, size.rows / layers) : 1
    let shown = rowsPerLayer > 0 ? size.rows / max(1, rowsPerLayer) : 2 * size.rows
    first = max(0, min(selected - shown / 2, layers - shown)) / 2 * 2
    let count = min(max(0, size.columns), max(1, entries.positions))
    var run = 0
    bins = (0..<count).map { column in
      let low = column * entries.positions / count
      let high = (column + 1) * entries.positions / count
      while run + 1 < entries.runs.count,
        entries.runs[run].positions.upperBound <= (low + high) / 2
      { run += 1 }
      return Bin(
        positions: low..<high, segment: entries.runs.isEmpty ? .user : entries.runs[run].segment)
    }
  }

  /// Positions that a column shows at most.
  var positionsPerColumn: Int { bins.map(\.positions.count).max() ?? 1 }

  /// Columns of cells that one bin takes.
  var columnsPerBin: Int { bins.isEmpty ? 1 : max(1, size.columns / bins.count) }

  /// The layer that stands in a row of cells; the upper one of two.
  func layer(row: Int) -> Int { rowsPerLayer > 0 ? first + row / rowsPerLayer : first + 2 * row }

  /// Rows of cells that hold layers.
  var rows: Int {
    let left = entries.kept.count - first
    return min(size.rows, rowsPerLayer > 0 ? left * rowsPerLayer : (left + 1) / 2)
  }

  func draw(into canvas: inout Canvas, x: Int, y: Int, theme: Theme, depth: ColorDepth) {
    for row in 0..<rows {
      let upper = shares(layer(row: row))
      let lower = rowsPerLayer > 0 ? upper : shares(layer(row: row) + 1)
      for (index, bin) in bins.enumerated() {
        let cell = Self.cell(upper[index], lower[index], bin.segment, theme, depth)
        for column in 0..<columnsPerBin {
          canvas.set(x + index * columnsPerBin + column, y + row, cell)
        }
      }
    }
  }

  /// The kept share of each bin; nil below the last layer.
  private func shares(_ layer: Int) -> [Double?] {
    guard layer < entries.kept.count else { return bins.map { _ in nil } }
    return bins.map { bin in
      Double(entries.kept[layer].chosen(in: bin.positions)) / Double(max(1, bin.positions.count))
    }
  }

  private static func cell(
    _ upper: Double?, _ lower: Double?, _ segment: Segment, _ theme: Theme, _ depth: ColorDepth
  ) -> Cell {
    guard depth >= .palette256 else {
      let glyphs = [["·", "▄"], ["▀", "█"]]
      let glyph = glyphs[(upper ?? 0) >= 0.5 ? 1 : 0][(lower ?? 0) >= 0.5 ? 1 : 0]
      return Cell(glyph: glyph, width: 1, style: Style(segment.role))
    }
    func ink(_ share: Double?) -> Ink {
      guard let share else { return .role(.text) }
      if share == 0 { return .role(.track) }
      // Mixtures of two colours are greys or other colours in the palette.
      guard depth == .direct else { return .role(share < 1.0 / 3 ? .faint : segment.role) }
      return theme.rgb(.track).mixed(with: theme.rgb(segment.role), 0.2 + 0.8 * share).ink(depth)
    }
    return Cell(
      glyph: "▀", width: 1, style: Style(foreground: ink(upper), background: ink(lower)))
  }
}

extension Segment {
  /// The colour of its entries.
  var role: Role {
    switch self {
    case .system: .dim
    case .image: .image
    case .user: .words
    case .assistant: .answer
    }
  }
}
