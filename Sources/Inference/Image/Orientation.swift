/// How a stored picture has to be turned to be upright: the EXIF tag 0x0112, values 1...8.
///
/// Source: EXIF 2.32, "Orientation".
enum Orientation: UInt16, CaseIterable, Sendable {
  case upright = 1
  case mirrored, upsideDown, flipped, transposed, quarterRight, transversed, quarterLeft

  /// Upright when there is no tag or it cannot be read.
  init(in bytes: [UInt8], format: ImageFormat) {
    let tag = format.exif(bytes).flatMap { ExifBlock.orientation(of: Array($0)) }
    self = tag.flatMap(Orientation.init) ?? .upright
  }

  /// Whether rows become columns.
  var swapsSides: Bool { rawValue >= Orientation.transposed.rawValue }
}

extension Pixels {
  func turned(by orientation: Orientation) -> Pixels {
    guard orientation != .upright else { return self }
    return Pixels(
      width: orientation.swapsSides ? height : width,
      height: orientation.swapsSides ? width : height,
      rgb: turned(rgb, channels: 3, by: orientation),
      alpha: alpha.map { turned($0, channels: 1, by: orientation) })
  }

  /// `[height, width, channels]` samples of this picture, turned.
  private func turned(
    _ samples: [UInt8], channels: Int, by orientation: Orientation
  ) -> [UInt8] {
    let newWidth = orientation.swapsSides ? height : width
    let newHeight = orientation.swapsSides ? width : height
    // Source index of the pixel at (x, y) is start + x * xStep + y * yStep, in pixels.
    let (right, down, last) = (1, width, width * height - 1)
    let (start, xStep, yStep) =
      switch orientation {
      case .upright: (0, right, down)
      case .mirrored: (width - 1, -right, down)
      case .upsideDown: (last, -right, -down)
      case .flipped: (width * (height - 1), right, -down)
      case .transposed: (0, down, right)
      case .quarterRight: (width * (height - 1), -down, right)
      case .transversed: (last, -down, -right)
      case .quarterLeft: (width - 1, down, -right)
      }
    return [UInt8](unsafeUninitializedCapacity: samples.count) { target, count in
      samples.withUnsafeBufferPointer { source in
        for y in 0..<newHeight {
          var from = (start + y * yStep) * channels
          for _ in 0..<newWidth {
            for channel in 0..<channels { target[count + channel] = source[from + channel] }
            count += channels
            from += xStep * channels
          }
        }
      }
    }
  }
}
