/// How a picture is read where people's eyes and the reference implementation differ.
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
  /// The longest side of a JPEG. A longer one can only be meant to do harm, or is so thin that
  /// nothing of it is left once it is a square.
  static let side = 65_535
  /// Pixels of one picture in memory, 3 or 4 bytes each.
  static let pixels = 100_000_000
  /// Pixels of a JPEG that is decoded row by row at a fraction of its size. More than twice what
  /// the largest cameras give; it takes some ten seconds.
  static let shrunkPixels = 500_000_000
  /// A JPEG with more pixels is shrunk where that is allowed: above what common cameras give, so
  /// that their pictures are read exactly.
  static let wholePixels = 64_000_000
  /// What a shrunk picture may have, 96 MB. A tower looks at a small part of that.
  static let targetPixels = 32_000_000
  /// What the coefficients of a progressive JPEG may take where others are shrunk, bytes: those of 33
  /// to 66 million pixels.
  static let coefficientBytes = 200_000_000
  /// What such a JPEG may take with its pixels, bytes.
  static let progressiveBytes = 240_000_000
}

/// What a file says about its picture.
struct ImageHeader {
  var width: Int
  var height: Int
  /// Some pixel may be transparent.
  var hasAlpha: Bool
  /// What the coefficients of a progressive JPEG take, which are held in memory as a whole, at any
  /// fraction of its size: 3 to 6 bytes a pixel. 0 for every other picture.
  var coefficientBytes: Int

  /// At most 2^62, because both sides come from 31 bits.
  var pixels: Int { width * height }
}

extension ImageReading {
  /// By what a picture's sides are divided while it is decoded: 1, 2, 4 or 8. Where large pictures are
  /// shrunk, reading one takes less than 300 MB beside its file.
  ///
  /// - Throws: `ImageError.tooManyPixels` when the picture is too large for that.
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
