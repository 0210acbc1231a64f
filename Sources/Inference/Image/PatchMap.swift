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
  init(of pixels: Pixels, route: ImageRoute, side: Int, patch: Int) {
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

  /// From pixels of the tower's square to those of the picture, in one direction.
  private struct Axis {
    var origin: Double
    var scale: Double

    /// As `ImagePreprocessor` pads: the longer side fills the square, the shorter one is centred.
    init(padding length: Int, to pixels: Pixels, _ side: Int) {
      let square = max(pixels.width, pixels.height)
      origin = -Double((square - length) / 2)
      scale = Double(square) / Double(side)
    }

    /// As `ImagePreprocessor` crops: the shorter side fills the square, the middle of the longer
    /// one is kept.
    init(cropping length: Int, of pixels: Pixels, _ side: Int) {
      let short = min(pixels.width, pixels.height)
      let output = length == short ? side : Int(Double(side * length) / Double(short))
      scale = Double(length) / Double(output)
      origin = Double((output - side) / 2) * scale
    }
  }
}

extension LlavaModel {
  /// Where the rows that `embed` makes of a picture lie on it.
  public func patchMap(of pixels: Pixels, route: ImageRoute) -> PatchMap {
    let vision = configuration.vision
    return PatchMap(of: pixels, route: route, side: vision.imageSide, patch: vision.patch)
  }
}
