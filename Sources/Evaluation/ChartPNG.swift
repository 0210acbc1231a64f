import Inference
import Plot

extension Chart {
  /// The bytes of a PNG file.
  ///
  /// - Throws: `PNGError` where the library refuses the size.
  public func png() throws -> [UInt8] {
    let drawn = bitmap
    return try Pixels(width: drawn.width, height: drawn.height, rgb: drawn.rgb).png()
  }
}
