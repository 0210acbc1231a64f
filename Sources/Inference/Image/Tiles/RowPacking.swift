/// Puts the projected rows of squares in the order of the prompt, one square at a time, so that no
/// more than one square's rows exist beside the result.
struct RowPacking {
  private let layout: PictureLayout
  private let width: Int
  /// `[layout.count, width]`
  let rows: FloatBuffer

  /// - Parameter newline: `[width]`; needed where the layout has newlines.
  init(_ layout: PictureLayout, width: Int, newline: [Float]?) {
    self.layout = layout
    self.width = width
    rows = FloatBuffer(count: layout.count * width)
    guard let newline else { return }
    for row in layout.baseRows..<layout.count where layout.kind(ofRow: row) == .newline {
      (rows.pointer + row * width).update(from: newline, count: width)
    }
  }

  /// Puts one square's rows in their places.
  ///
  /// - Parameters:
  ///   - index: in `0..<layout.tileCount`; 0 is the base.
  ///   - projected: `[features, width]`
  func add(tile index: Int, _ projected: FloatBuffer) {
    guard index > 0, let canvas = layout.canvas else {
      rows.pointer.update(from: projected.pointer, count: layout.baseRows * width)
      return
    }
    guard let map = layout.map else {
      let patches = layout.patches * layout.patches
      (rows.pointer + (layout.baseRows + (index - 1) * patches) * width)
        .update(from: projected.pointer, count: patches * width)
      return
    }
    let down = shares(map.rows, tile: (index - 1) / canvas.columns)
    let across = shares(map.columns, tile: (index - 1) % canvas.columns)
    for y in down {
      let start = layout.baseRows + y.output * layout.rowLength
      for x in across {
        add(
          projected.pointer + (y.patch * layout.patches + x.patch) * width,
          times: y.share * x.share,
          to: rows.pointer + (start + x.output) * width)
      }
    }
  }

  /// The rows or columns of the map (`output`) that one tile contributes to, each with the tile's
  /// patch and its share.
  private func shares(
    _ sources: [TileMap.Source], tile: Int
  ) -> [(output: Int, patch: Int, share: Float)] {
    let first = tile * layout.patches
    var shares: [(output: Int, patch: Int, share: Float)] = []
    for (output, source) in sources.enumerated() {
      for (patch, share) in [(source.patch, source.share), (source.patch + 1, source.nextShare)]
      where share > 0 && first..<first + layout.patches ~= patch {
        shares.append((output, patch - first, share))
      }
    }
    return shares
  }

  private func add(
    _ source: UnsafePointer<Float>, times share: Float, to target: UnsafeMutablePointer<Float>
  ) {
    for index in 0..<width { target[index] += share * source[index] }
  }
}
