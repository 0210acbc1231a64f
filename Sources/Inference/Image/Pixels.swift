import Basics

/// A decoded picture: 8-bit RGB, `[height, width, 3]` row-major, and its transparency.
public struct Pixels: Sendable, Equatable {
  /// Pixels in a row.
  public let width: Int
  /// Rows.
  public let height: Int
  /// `[height, width, 3]`. Transparent pixels are already laid on white or taken as opaque, as
  /// `ImageReading` asked for: this is what the model sees.
  public let rgb: [UInt8]
  /// `[height, width]`: 0 where the file is transparent, 255 where it is opaque. nil when every
  /// pixel is opaque, or when transparency was dropped. Only a screen has a use for it.
  public let alpha: [UInt8]?

  /// A picture of these samples.
  ///
  /// - Parameters:
  ///   - width: Pixels in a row; 0 is allowed.
  ///   - height: Rows; 0 is allowed.
  ///   - rgb: `[height, width, 3]`
  ///   - alpha: `[height, width]`
  public init(width: Int, height: Int, rgb: [UInt8], alpha: [UInt8]? = nil) {
    precondition(rgb.count == width * height * 3, "rgb must hold height x width x 3 samples")
    precondition(
      alpha == nil || alpha?.count == width * height, "alpha must hold height x width samples")
    self.width = width
    self.height = height
    self.rgb = rgb
    self.alpha = alpha
  }

  /// The digest of what the model sees: 64 hexadecimal digits that differ where the size or a sample
  /// does.
  var digest: String {
    var hash = SHA256()
    withUnsafeBytes(of: (width, height)) { hash.update($0) }
    rgb.withUnsafeBytes { hash.update($0) }
    return hash.finish()
  }
}
