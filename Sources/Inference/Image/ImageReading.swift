/// How a picture is read in the points where a picture viewer and the reference implementation
/// differ.
public struct ImageReading: Sendable, Equatable {
  /// Whether the picture is turned as its EXIF tag says.
  public var appliesOrientation: Bool
  /// Whether transparent parts become white or are dropped.
  public var transparency: Transparency
  /// Whether a JPEG of more than 64 million pixels is decoded at a half, a quarter or an eighth of
  /// its sides, so that memory stays small.
  public var shrinksLargeJPEG: Bool

  /// As a viewer shows it, for `ask` and `chat`: upright, transparency on white, and the largest
  /// photographs at a fraction of their size.
  public static let asSeen = ImageReading(
    appliesOrientation: true, transparency: .onWhite, shrinksLargeJPEG: true)

  /// As the reference reads it, `Image.open(path).convert("RGB")`, for `trace` and `eval`:
  /// transparency dropped, every pixel decoded.
  ///
  /// - Parameter appliesOrientation: The reference evaluation leaves pictures as they are stored;
  ///   the Hugging Face loader turns them.
  public static func asReference(appliesOrientation: Bool = false) -> ImageReading {
    ImageReading(
      appliesOrientation: appliesOrientation, transparency: .dropped, shrinksLargeJPEG: false)
  }
}

/// How large a picture may be. A header is compared with these before any memory is spent on it.
enum ImageLimits {
  /// Files above this size are refused unread: 256 MiB is ten times a large photograph.
  static let bytes = 256 << 20
  /// The longest side in pixels that is read: JPEG's limit. A picture with a longer side is meant
  /// to do harm, or is so thin that nothing of it is left in a square.
  static let side = 65_535
  /// Pixels of one picture in memory, 3 or 4 bytes each.
  static let pixels = 100_000_000
  /// Pixels of a JPEG that is decoded row by row at a fraction of its size. More than twice what
  /// the largest cameras give; it takes some ten seconds.
  static let shrunkPixels = 500_000_000
  /// A JPEG with more pixels is shrunk where that is allowed: above what common cameras give, so
  /// that their pictures are read exactly.
  static let wholePixels = 64_000_000
  /// The most pixels of a shrunk picture (96 MB). A tower looks at far fewer.
  static let targetPixels = 32_000_000
  /// The most bytes that the coefficients of a progressive JPEG may take when large JPEGs are
  /// shrunk: those of 33 to 66 million pixels.
  static let coefficientBytes = 200_000_000
  /// The most bytes that the coefficients and the pixels of such a JPEG may take together.
  static let progressiveBytes = 240_000_000
}

/// What a file says about its picture.
struct ImageHeader {
  var width: Int
  var height: Int
  /// Whether some pixel may be transparent.
  var hasAlpha: Bool
  /// Bytes of the coefficients of a progressive JPEG, 3 to 6 a pixel. They are held in memory as a
  /// whole even when the picture is decoded at a fraction of its size. 0 for every other picture.
  var coefficientBytes: Int

  /// At most 2^62, because both sides come from 31 bits.
  var pixels: Int { width * height }
}

extension ImageReading {
  /// The divisor of a picture's sides while it is decoded: 1, 2, 4 or 8. When large JPEGs are
  /// shrunk, reading one takes less than 300 MB beside its file.
  ///
  /// - Throws: `ImageError.sideTooLong` and `.tooManyPixels`.
  func shrink(for header: ImageHeader, of format: ImageFormat, path: String) throws(ImageError)
    -> Int
  {
    guard max(header.width, header.height) <= ImageLimits.side else {
      throw .sideTooLong(path: path, width: header.width, height: header.height)
    }
    let canShrink = shrinksLargeJPEG && format.shrinks
    if canShrink && header.coefficientBytes > 0 { return try shrink(progressive: header, path) }
    let limit = canShrink ? ImageLimits.shrunkPixels : ImageLimits.pixels
    guard header.pixels <= limit else {
      throw .tooManyPixels(
        path: path, width: header.width, height: header.height, limit: limit, baselineLimit: nil)
    }
    guard canShrink, header.pixels > ImageLimits.wholePixels else { return 1 }
    return [2, 4].first { header.pixels / ($0 * $0) <= ImageLimits.targetPixels } ?? 8
  }

  private func shrink(progressive header: ImageHeader, _ path: String) throws(ImageError) -> Int {
    let (most, taken) = (ImageLimits.coefficientBytes, header.coefficientBytes)
    guard taken <= most else {
      throw .tooManyPixels(
        path: path, width: header.width, height: header.height,
        limit: Int(Double(header.pixels) * Double(most) / Double(taken)),
        baselineLimit: ImageLimits.shrunkPixels)
    }
    return [1, 2, 4].first {
      taken + 3 * header.pixels / ($0 * $0) <= ImageLimits.progressiveBytes
    } ?? 8
  }
}
