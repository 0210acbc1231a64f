/// Where the rows of an embedded picture lie on the picture.
public struct PatchMap: Sendable, Equatable {
  /// In pixels of the picture as it was loaded. Parts may lie outside of it: there the model looks
  /// at padding.
  public struct Rectangle: Sendable, Equatable {
    /// Left edge.
    public var x: Double
    /// Upper edge.
    public var y: Double
    public var width: Double
    public var height: Double

    public init(x: Double, y: Double, width: Double, height: Double) {
      self.x = x
      self.y = y
      self.width = width
      self.height = height
    }
  }

  /// Pixels of the picture in a row.
  public let width: Int
  /// Rows of pixels.
  public let height: Int
  /// One for each row of the embedding, in order; nil where a row stands for no place. They may
  /// overlap when the model looks at the picture more than once.
  public let rows: [Rectangle?]

  public init(width: Int, height: Int, rows: [Rectangle?]) {
    self.width = width
    self.height = height
    self.rows = rows
  }

  /// A square of `grid * grid` patches, row by row.
  ///
  /// - Parameters:
  ///   - pixels: the picture.
  ///   - route: how it became a square.
  ///   - side: pixels along each side of the vision tower's square.
  ///   - patch: pixels along each side of a patch.
  init(of pixels: PixelSize, route: ImageRoute, side: Int, patch: Int) {
    let (x, y) =
      switch route {
      case .pad:
        (
          Axis(padding: pixels.width, to: pixels, side),
          Axis(padding: pixels.height, to: pixels, side)
        )
      case .crop:
        (
          Axis(cropping: pixels.width, of: pixels, side),
          Axis(cropping: pixels.height, of: pixels, side)
        )
      case .squash, .anyres:
        (Axis(squashing: pixels.width, side), Axis(squashing: pixels.height, side))
      }
    let grid = side / patch
    self.init(
      width: pixels.width, height: pixels.height,
      rows: (0..<grid * grid).map { row in
        Rectangle(
          x: x.origin + x.scale * Double(row % grid * patch),
          y: y.origin + y.scale * Double(row / grid * patch),
          width: x.scale * Double(patch), height: y.scale * Double(patch))
      })
  }

  /// Every row of a picture: those of the base, then those of the map, newlines and class row without a
  /// place.
  public init(_ layout: PictureLayout) {
    let picture = layout.picture
    let base = PatchMap(
      of: picture, route: layout.route, side: layout.side, patch: layout.patch)
    var rows = Array(repeating: Rectangle?.none, count: layout.classRows) + base.rows
    if let canvas = layout.canvas {
      let tiles = TilePlaces(layout, canvas)
      rows += layout.map.map(tiles.rows) ?? tiles.rowsTileByTile()
    }
    // Only newlines are left.
    rows += Array(repeating: nil, count: layout.count - rows.count)
    self.init(width: picture.width, height: picture.height, rows: rows)
  }

  /// From pixels of the tower's square to those of the picture, in one direction.
  private struct Axis {
    var origin: Double
    var scale: Double

    /// As `ImagePreprocessor` pads: the longer side fills the square, the shorter one is centred.
    init(padding length: Int, to pixels: PixelSize, _ side: Int) {
      let square = max(pixels.width, pixels.height)
      origin = -Double((square - length) / 2)
      scale = Double(square) / Double(side)
    }

    /// The square shows the whole picture, whatever its shape.
    init(squashing length: Int, _ side: Int) {
      origin = 0
      scale = Double(length) / Double(side)
    }

    /// As `ImagePreprocessor` crops: the shorter side fills the square, the middle of the longer
    /// one is kept.
    init(cropping length: Int, of pixels: PixelSize, _ side: Int) {
      let short = min(pixels.width, pixels.height)
      let output = length == short ? side : Int(Double(side * length) / Double(short))
      scale = Double(length) / Double(output)
      origin = Double((output - side) / 2) * scale
    }
  }
}

/// Where the patches of a canvas of tiles lie on the picture.
private struct TilePlaces {
  let layout: PictureLayout
  let canvas: PictureLayout.Canvas

  init(_ layout: PictureLayout, _ canvas: PictureLayout.Canvas) {
    self.layout = layout
    self.canvas = canvas
  }

  /// The map's rows with their newlines.
  func rows(of map: TileMap) -> [PatchMap.Rectangle?] {
    let xs = edges(map.keptColumns, count: map.columns.count, canvas.left, scale.x)
    let ys = edges(map.keptRows, count: map.rows.count, canvas.top, scale.y)
    let newlines = layout.rowLength - map.columns.count
    return zip(ys, ys.dropFirst()).flatMap { top, bottom in
      zip(xs, xs.dropFirst()).map { left, right in
        PatchMap.Rectangle(x: left, y: top, width: right - left, height: bottom - top)
      } + Array(repeating: PatchMap.Rectangle?.none, count: newlines)
    }
  }

  /// The tiles' patches where tile follows tile.
  func rowsTileByTile() -> [PatchMap.Rectangle?] {
    let whole = (0..<canvas.rows * layout.patches, 0..<canvas.columns * layout.patches)
    let ys = edges(whole.0, count: whole.0.count, canvas.top, scale.y)
    let xs = edges(whole.1, count: whole.1.count, canvas.left, scale.x)
    let patches = layout.patches
    return (0..<canvas.rows * canvas.columns).flatMap { tile in
      (0..<patches * patches).map { patch in
        let row = tile / canvas.columns * patches + patch / patches
        let column = tile % canvas.columns * patches + patch % patches
        return PatchMap.Rectangle(
          x: xs[column], y: ys[row], width: xs[column + 1] - xs[column],
          height: ys[row + 1] - ys[row])
      }
    }
  }

  /// Pixels of the picture for one of the canvas.
  private var scale: (x: Double, y: Double) {
    (
      Double(layout.picture.width) / Double(canvas.placed.width),
      Double(layout.picture.height) / Double(canvas.placed.height)
    )
  }

  /// `[count + 1]`: the borders of `count` equal parts of a run of patches, in pixels of the picture.
  private func edges(_ kept: Range<Int>, count: Int, _ margin: Int, _ scale: Double) -> [Double] {
    (0...count).map { index in
      let patch = Double(kept.lowerBound) + Double(kept.count * index) / Double(count)
      let tile = (patch / Double(layout.patches)).rounded(.down)
      let inside = patch - tile * Double(layout.patches)
      let pixel = tile * Double(layout.side) + inside * Double(layout.patch)
      return (pixel - Double(margin)) * scale
    }
  }
}
