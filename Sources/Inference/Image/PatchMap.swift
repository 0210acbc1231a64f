/// Where the rows of an embedded picture lie on the picture.
public struct PatchMap: Sendable, Equatable {
  /// Pixels of the picture in a row.
  public let width: Int
  /// Rows of pixels.
  public let height: Int
  /// One for each row of the embedding, in order; nil where a row stands for no place. They may
  /// overlap when the model looks at the picture more than once.
  public let rows: [PictureRegion?]
  /// The places of patches that did not enter the language model.
  public let dropped: [PictureRegion]

  /// Every place that the tower has seen.
  public var places: [PictureRegion] { rows.compactMap(\.self) + dropped }

  /// Creates a map of rows whose places are known.
  public init(width: Int, height: Int, rows: [PictureRegion?], dropped: [PictureRegion] = []) {
    self.width = width
    self.height = height
    self.rows = rows
    self.dropped = dropped
  }

  /// The places of all rows of a layout; none for class row and newlines, which show no part of their
  /// own.
  public init(_ layout: PictureLayout) {
    self.init(layout, sources: (0..<layout.count).map { [$0] })
  }

  /// The same for rows that are means of a layout's.
  ///
  /// - Parameter sources: for each row the layout's rows that it is made of.
  public init(_ layout: PictureLayout, sources: [[Int]]) {
    let shown = Set(sources.joined())
    self.init(
      width: layout.picture.width, height: layout.picture.height,
      rows: sources.map { rows in
        rows.compactMap { row in
          row < layout.classRows ? nil : layout.place(ofRow: row)
        }.reduce(nil) { $0?.union($1) ?? $1 }
      },
      dropped: (layout.classRows..<layout.count).compactMap { row in
        shown.contains(row) || layout.kind(ofRow: row) == .newline
          ? nil : layout.place(ofRow: row)
      })
  }
}

extension PictureRegion {
  /// The smallest rectangle that holds both.
  fileprivate func union(_ other: PictureRegion) -> PictureRegion {
    let (left, top) = (min(x, other.x), min(y, other.y))
    return PictureRegion(
      x: left, y: top, width: max(x + width, other.x + other.width) - left,
      height: max(y + height, other.y + other.height) - top)
  }
}
