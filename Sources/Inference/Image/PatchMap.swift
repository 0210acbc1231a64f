/// Where the rows of an embedded picture lie on the picture.
public struct PatchMap: Sendable, Equatable {
  /// Pixels of the picture in a row.
  public let width: Int
  /// Rows of pixels.
  public let height: Int
  /// One for each row of the embedding, in order; nil where a row stands for no place. They may
  /// overlap when the model looks at the picture more than once.
  public let rows: [PictureRegion?]

  /// Creates a map of rows whose places are known.
  public init(width: Int, height: Int, rows: [PictureRegion?]) {
    self.width = width
    self.height = height
    self.rows = rows
  }

  /// The places of all rows of a layout; none for class row and newlines, which show no part of their
  /// own.
  public init(_ layout: PictureLayout) {
    self.init(
      width: layout.picture.width, height: layout.picture.height,
      rows: (0..<layout.count).map { row in
        row < layout.classRows ? nil : layout.place(ofRow: row)
      })
  }
}
