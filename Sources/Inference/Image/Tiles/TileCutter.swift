/// The squares of a picture, made one at a time: the base, then the canvas's tiles row by row.
struct TileCutter {
  private let preprocessor: ImagePreprocessor
  private let pixels: Pixels
  private let layout: PictureLayout
  /// The picture as it lies on the canvas, without the margin; nil without a canvas.
  private let placed: Pixels?

  init(_ preprocessor: ImagePreprocessor, _ pixels: Pixels, _ layout: PictureLayout) {
    self.preprocessor = preprocessor
    self.pixels = pixels
    self.layout = layout
    placed = layout.canvas.map {
      Bicubic.resize(
        pixels, width: $0.placed.width, height: $0.placed.height, passes: .tallVerticallyFirst)
    }
  }

  /// Makes one square.
  ///
  /// - Parameter index: in `0..<layout.tileCount`; 0 is the base.
  func tile(_ index: Int) -> PixelValues {
    guard index > 0, let canvas = layout.canvas, let placed else {
      return preprocessor.prepare(pixels, route: layout.route)
    }
    let (row, column) = ((index - 1) / canvas.columns, (index - 1) % canvas.columns)
    return preprocessor.normalise(
      cut(
        placed, x: column * layout.side - canvas.left, y: row * layout.side - canvas.top,
        side: layout.side))
  }

  /// A square whose upper left corner is at (x, y) of the picture; what lies outside is black.
  private func cut(_ picture: Pixels, x: Int, y: Int, side: Int) -> Pixels {
    var rgb = [UInt8](repeating: 0, count: side * side * 3)
    let columns = max(0, x)..<max(max(0, x), min(picture.width, x + side))
    guard !columns.isEmpty else { return Pixels(width: side, height: side, rgb: rgb) }
    for row in max(0, y)..<max(max(0, y), min(picture.height, y + side)) {
      let source = (row * picture.width + columns.lowerBound) * 3
      let target = ((row - y) * side + columns.lowerBound - x) * 3
      rgb.replaceSubrange(
        target..<target + columns.count * 3, with: picture.rgb[source..<source + columns.count * 3])
    }
    return Pixels(width: side, height: side, rgb: rgb)
  }
}
