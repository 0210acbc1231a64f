/// A rectangle of a picture in its own pixels, which may cut through them.
public struct PictureRegion: Sendable, Equatable {
  public let x: Double
  public let y: Double
  public let width: Double
  public let height: Double
}

extension PictureLayout {
  /// The part of the picture that a row shows. `row` is in `0..<count`.
  ///
  /// - Returns: nil for a newline, and for a patch that lies in the margin. The class row shows the
  ///   whole picture.
  public func region(ofRow row: Int) -> PictureRegion? {
    switch kind(ofRow: row) {
    case .newline: return nil
    case .base:
      if row < classRows {
        return PictureRegion(
          x: 0, y: 0, width: Double(picture.width), height: Double(picture.height))
      }
      let patch = row - classRows
      return clipped(
        baseAxes.x.span(pixels(patch % patches)), baseAxes.y.span(pixels(patch / patches)))
    case .map: return mapRegion(row - baseRows)
    }
  }

  /// Straight from pixels of a square or of the canvas to pixels of the picture.
  private struct Axis {
    /// Pixel at which the picture begins.
    let origin: Double
    /// Pixels of the picture to one pixel.
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

  private func mapRegion(_ row: Int) -> PictureRegion? {
    guard let canvas else { return nil }
    let x = Axis(
      origin: Double(canvas.left), scale: Double(picture.width) / Double(canvas.placed.width))
    let y = Axis(
      origin: Double(canvas.top), scale: Double(picture.height) / Double(canvas.placed.height))
    guard let map else {
      let (tile, index) = (row / (patches * patches), row % (patches * patches))
      return clipped(
        x.span(onCanvas(tile: tile % canvas.columns, pixels(index % patches))),
        y.span(onCanvas(tile: tile / canvas.columns, pixels(index / patches))))
    }
    return clipped(
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

  private func clipped(_ x: Range<Double>, _ y: Range<Double>) -> PictureRegion? {
    let x = x.clamped(to: 0..<Double(picture.width))
    let y = y.clamped(to: 0..<Double(picture.height))
    guard !x.isEmpty, !y.isEmpty else { return nil }
    return PictureRegion(
      x: x.lowerBound, y: y.lowerBound, width: x.upperBound - x.lowerBound,
      height: y.upperBound - y.lowerBound)
  }
}
