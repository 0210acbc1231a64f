/// One cell of the screen. A wide glyph fills two cells: the second one has `width` 0 and no glyph.
struct Cell: Sendable, Hashable {
  /// One base character and the marks that join it.
  var glyph: String
  /// Columns: 0, 1 or 2.
  var width: Int
  var style: Style

  static let blank = Cell(glyph: " ", width: 1, style: Style())
}
