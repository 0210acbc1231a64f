/// How large a picture may be. A header is compared with these before any memory is spent on it.
enum ImageLimits {
  /// Files above this size are refused unread: 256 MiB is ten times a large photograph.
  static let bytes = 256 << 20
  /// The longest side in pixels that is read: JPEG's limit. A picture with a longer side is meant
  /// to do harm, or is so thin that nothing of it is left in a square.
  static let side = 65_535
  /// Pixels of one picture that is read whole, 3 or 4 bytes each.
  static let pixels = 100_000_000
  /// Pixels of a picture that is decoded row by row at a fraction of its size. More than twice what
  /// the largest cameras give; it takes some ten seconds.
  static let shrunkPixels = 500_000_000
  /// A picture is shrunk where its pixels would take more: those of 64 million in RGB, above what
  /// common cameras give, so that their pictures are read exactly.
  static let wholeBytes = 192_000_000
  /// The most bytes of a picture that is shrunk. A tower looks at far fewer.
  static let targetBytes = 96_000_000
  /// The most bytes that a decoder may hold beside the result when large pictures are shrunk: the
  /// coefficients of a progressive JPEG of 33 to 66 million pixels.
  static let workingBytes = 200_000_000
  /// The most bytes that such a decoder and the result may take together.
  static let togetherBytes = 240_000_000
}

/// What a file says about its picture.
struct ImageHeader {
  var width: Int
  var height: Int
  /// Whether some pixel may be transparent.
  var hasAlpha: Bool
  /// Whether it can be decoded at a fraction of its sides.
  var shrinks: Bool
  /// Bytes that the decoder holds beside the result, even when the picture is decoded at a fraction
  /// of its size; 0 where it is decoded row by row.
  var workingBytes: Int

  /// At most 2^62, because both sides come from 31 bits.
  var pixels: Int { width * height }
}

extension ImageReading {
  /// The divisor of a picture's sides while it is decoded: 1, 2, 4 or 8. When large pictures are
  /// shrunk, reading one takes less than 300 MB beside its file.
  ///
  /// - Parameter isTurned: whether its rows will be put in another order, which takes a copy.
  /// - Throws: `ImageError.sideTooLong` and `.tooManyPixels`.
  func shrink(
    for header: ImageHeader, of format: ImageFormat, isTurned: Bool = false, path: String
  ) throws(ImageError) -> Int {
    guard max(header.width, header.height) <= ImageLimits.side else {
      throw .sideTooLong(path: path, width: header.width, height: header.height)
    }
    func refuse(above limit: Int, _ advice: FormatAdvice? = nil) throws(ImageError) {
      guard header.pixels > limit else { return }
      throw .tooManyPixels(
        path: path, width: header.width, height: header.height, limit: limit, advice: advice)
    }
    guard shrinksLarge else {
      try refuse(above: ImageLimits.pixels)
      return 1
    }
    // Of a transparent picture RGBA and the alpha that is split off are held.
    let bytes = (header.hasAlpha && transparency == .onWhite ? 5 : 3) * (isTurned ? 2 : 1)
    guard header.shrinks else {
      let each = Double(header.workingBytes) / Double(header.pixels) + Double(bytes)
      try refuse(above: Int(Double(ImageLimits.workingBytes) / each), format.advice)
      return 1
    }
    guard header.workingBytes > 0 else {
      try refuse(above: ImageLimits.shrunkPixels)
      if bytes * header.pixels <= ImageLimits.wholeBytes { return 1 }
      return [2, 4].first { bytes * header.pixels / ($0 * $0) <= ImageLimits.targetBytes } ?? 8
    }
    let each = Double(header.workingBytes) / Double(header.pixels)
    try refuse(above: Int(Double(ImageLimits.workingBytes) / each), format.advice)
    return [1, 2, 4].first {
      header.workingBytes + bytes * header.pixels / ($0 * $0) <= ImageLimits.togetherBytes
    } ?? 8
  }
}
