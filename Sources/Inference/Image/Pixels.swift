/// A decoded picture: 8-bit RGB, `[height, width, 3]` row-major.
public struct Pixels: Sendable, Equatable {
  public let width: Int
  public let height: Int
  /// `[height, width, 3]`
  public let rgb: [UInt8]

  public init(width: Int, height: Int, rgb: [UInt8]) {
    precondition(rgb.count == width * height * 3, "rgb must hold height x width x 3 samples")
    self.width = width
    self.height = height
    self.rgb = rgb
  }
}
