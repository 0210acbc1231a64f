import Inference

extension Picture {
  /// The canvas that the model fits the picture into; nil where it looks at one square.
  var canvas: PictureLayout.Canvas? { layout?.canvas }

  /// What the panel shows: the picture, or the canvas around it.
  var shown: PixelSize { canvas?.size ?? pixels.size }
}

/// A canvas of tiles in the cells of a panel.
struct CanvasCells {
  private let canvas: PictureLayout.Canvas
  private let frame: Rect
  /// Where the picture lies.
  let picture: Rect

  /// - Parameter frame: shows the whole canvas.
  init(_ canvas: PictureLayout.Canvas, in frame: Rect) {
    self.canvas = canvas
    self.frame = frame
    func span(_ start: Int, _ length: Int, of whole: Int, cells: Int) -> (start: Int, count: Int) {
      let first = min(cells - 1, start * cells / whole)
      let end = (Double(start + length) * Double(cells) / Double(whole)).rounded()
      return (first, max(1, min(cells, Int(end)) - first))
    }
    let across = span(
      canvas.left, canvas.placed.width, of: canvas.size.width, cells: frame.width)
    let down = span(canvas.top, canvas.placed.height, of: canvas.size.height, cells: frame.height)
    picture = Rect(
      x: frame.x + across.start, y: frame.y + down.start, width: across.count, height: down.count)
  }

  /// Marks the margin, which is black for the model.
  func drawMargin(into cells: inout Canvas) {
    for y in frame.y..<frame.y + frame.height {
      for x in frame.x..<frame.x + frame.width
      where !picture.contains(Point(x: x, y: y)) {
        cells.set(x, y, Cell(glyph: "·", width: 1, style: Style(.faint)))
      }
    }
  }

  /// Borders between tiles, in cells; none where they would hide what is between them.
  private var borders: (columns: [Int], rows: [Int]) {
    guard frame.width >= 4 * canvas.columns, frame.height >= 2 * canvas.rows else {
      return ([], [])
    }
    return (
      (1..<canvas.columns).map { frame.x + $0 * frame.width / canvas.columns },
      (1..<canvas.rows).map { frame.y + $0 * frame.height / canvas.rows }
    )
  }

  /// The same in shares of the picture's sides.
  var bordersInPicture: (across: [Double], down: [Double]) {
    (
      borders.columns.map { (Double($0 - picture.x) + 0.5) / Double(picture.width) },
      borders.rows.map { (Double($0 - picture.y) + 0.5) / Double(picture.height) }
    )
  }

  /// Marks the margin and draws the borders between tiles.
  func draw(into cells: inout Canvas) {
    drawMargin(into: &cells)
    let (columns, rows) = borders
    for y in frame.y..<frame.y + frame.height {
      for x in frame.x..<frame.x + frame.width {
        guard let glyph = Self.border(columns.contains(x), rows.contains(y)) else { continue }
        cells.set(x, y, Cell(glyph: glyph, width: 1, style: Style(.accent)))
      }
    }
  }

  private static func border(_ isColumn: Bool, _ isRow: Bool) -> String? {
    switch (isColumn, isRow) {
    case (true, true): "┼"
    case (true, false): "│"
    case (false, true): "─"
    case (false, false): nil
    }
  }
}
