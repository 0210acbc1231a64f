/// A rectangle in units of a picture's own pixels. Its edges may lie between pixels, and parts of
/// it outside of the picture, where the model looks at padding.
public struct PictureRegion: Sendable, Equatable {
  /// Left edge.
  public var x: Double
  /// Upper edge.
  public var y: Double
  /// Width in pixels.
  public var width: Double
  /// Height in pixels.
  public var height: Double

  /// A rectangle by its upper left corner and its sides.
  public init(x: Double, y: Double, width: Double, height: Double) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }
}

extension PictureLayout {
  /// The part of the picture that a row shows. `row` is in `0..<count`.
  ///
  /// - Returns: nil for a newline, and for a patch that lies in the margin. The class row shows the
  ///   whole picture.
  public func region(ofRow row: Int) -> PictureRegion? {
    place(ofRow: row).flatMap(clipped)
  }

  /// Where a row's square lies, in the picture and in the margin around it. `row` is in `0..<count`.
  ///
  /// - Returns: nil for a newline. The class row shows the whole picture.
  func place(ofRow row: Int) -> PictureRegion? {
    switch kind(ofRow: row) {
    case .newline: return nil
    case .base:
      if row < classRows {
        return PictureRegion(
          x: 0, y: 0, width: Double(picture.width), height: Double(picture.height))
      }
      let patch = row - classRows
      return Self.rectangle(
        baseAxes.x.span(pixels(patch % patches)), baseAxes.y.span(pixels(patch / patches)))
    case .map: return mapPlace(row - baseRows)
    }
  }

  /// A linear map from pixels of a square or of the canvas to pixels of the picture.
  private struct Axis {
    /// Pixel at which the picture begins.
    let origin: Double
    /// Pixels of the picture for each pixel of the square or the canvas.
    let scale: Double

    func span(_ pixels: Range<Double>) -> Range<Double> {
      (pixels.lowerBound - origin) * scale..<(pixels.upperBound - origin) * scale
    }
  }

  private var baseAxes: (x: Axis, y: Axis) {
    func axis(_ length: Int) -> Axis {
      switch route {
      case .pad:
        let square = max(picture.width, picture.height)
        let scale = Double(square) / Double(side)
        return Axis(origin: Double((square - length) / 2) / scale, scale: scale)
      case .crop:
        let short = min(picture.width, picture.height)
        let output = length == short ? side : Int(Double(side * length) / Double(short))
        return Axis(
          origin: -Double((output - side) / 2), scale: Double(length) / Double(output))
      case .squash, .anyres: return Axis(origin: 0, scale: Double(length) / Double(side))
      }
    }
    return (axis(picture.width), axis(picture.height))
  }

  /// The pixels of a square's patch along one side.
  private func pixels(_ index: Int) -> Range<Double> {
    Double(index * patch)..<Double((index + 1) * patch)
  }

  private func mapPlace(_ row: Int) -> PictureRegion? {
    guard let canvas else { return nil }
    let x = Axis(
      origin: Double(canvas.left), scale: Double(picture.width) / Double(canvas.placed.width))
    let y = Axis(
      origin: Double(canvas.top), scale: Double(picture.height) / Double(canvas.placed.height))
    guard let map else {
      let (tile, index) = (row / (patches * patches), row % (patches * patches))
      return Self.rectangle(
        x.span(onCanvas(tile: tile % canvas.columns, pixels(index % patches))),
        y.span(onCanvas(tile: tile / canvas.columns, pixels(index / patches))))
    }
    return Self.rectangle(
      x.span(onCanvas(map.columns.count, row % rowLength, of: map.keptColumns)),
      y.span(onCanvas(map.rows.count, row / rowLength, of: map.keptRows)))
  }

  private func onCanvas(tile: Int, _ pixels: Range<Double>) -> Range<Double> {
    let start = Double(tile * side)
    return start + pixels.lowerBound..<start + pixels.upperBound
  }

  /// The canvas's pixels of one of `count` rows or columns that share the patches `kept`.
  private func onCanvas(_ count: Int, _ index: Int, of kept: Range<Int>) -> Range<Double> {
    /// Where a patch begins; a patch's fraction lies inside it.
    func start(_ place: Double) -> Double {
      let whole = Int(place)
      return Double(whole / patches * side + whole % patches * patch)
        + (place - Double(whole)) * Double(patch)
    }
    let step = Double(kept.count) / Double(count)
    let (first, end) = (Double(index) * step, Double(index + 1) * step)
    let from = start(Double(kept.lowerBound) + first)
    let to = start(Double(kept.lowerBound) + end)
    return from..<max(from, to)
  }

  private static func rectangle(_ x: Range<Double>, _ y: Range<Double>) -> PictureRegion {
    PictureRegion(
      x: x.lowerBound, y: y.lowerBound, width: x.upperBound - x.lowerBound,
      height: y.upperBound - y.lowerBound)
  }

  /// The part of a rectangle that lies in the picture; nil where none does.
  private func clipped(_ place: PictureRegion) -> PictureRegion? {
    let x = (place.x..<place.x + place.width).clamped(to: 0..<Double(picture.width))
    let y = (place.y..<place.y + place.height).clamped(to: 0..<Double(picture.height))
    return x.isEmpty || y.isEmpty ? nil : Self.rectangle(x, y)
  }
}
