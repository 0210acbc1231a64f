import CImageCodecs

/// A file format: how its files begin, and the functions that read them.
///
/// A new format is one entry of `all` and its two C functions.
struct ImageFormat: Sendable {
  let name: String
  /// Whether a file begins as this format does; its name is never looked at.
  let begins: @Sendable ([UInt8]) -> Bool
  let readHeader: @Sendable (UnsafePointer<UInt8>, Int, inout ic_header, inout [CChar]) -> Int32
  let decode:
    @Sendable (
      UnsafePointer<UInt8>, Int, ic_request, UnsafeMutablePointer<UInt8>, inout [CChar]
    ) -> Int32
  /// The EXIF block of a file, as TIFF.
  var exif: @Sendable ([UInt8]) -> ArraySlice<UInt8>? = { _ in nil }
  /// What is said of its large files that are not decoded row by row.
  var advice: FormatAdvice?

  static let all = [jpeg, png, webP, gif, bmp]

  /// "JPEG, PNG, WebP, GIF or BMP"
  static let list = all.dropLast().map(\.name).joined(separator: ", ") + " or \(all.last!.name)"

  static let jpeg = ImageFormat(
    name: "JPEG", begins: { $0.starts(with: [0xFF, 0xD8, 0xFF]) },
    readHeader: { ic_jpeg_header($0, $1, &$2, &$3) },
    decode: { ic_jpeg_decode($0, $1, $2, $3, &$4) }, exif: ExifBlock.inJPEG,
    advice: FormatAdvice(
      kind: "progressive JPEG", other: "a baseline JPEG", how: "as baseline (jpegtran does that)"))

  static let png = ImageFormat(
    name: "PNG",
    begins: { $0.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) },
    readHeader: { ic_png_header($0, $1, &$2, &$3) },
    decode: { ic_png_decode($0, $1, $2, $3, &$4) }, exif: ExifBlock.inPNG,
    advice: FormatAdvice(
      kind: "interlaced PNG", other: "a PNG that is not", how: "without interlacing"))

  static let webP = ImageFormat(
    name: "WebP",
    begins: { $0.starts(with: "RIFF".utf8) && $0.dropFirst(8).starts(with: "WEBP".utf8) },
    readHeader: { ic_webp_header($0, $1, &$2, &$3) },
    decode: { ic_webp_decode($0, $1, $2, $3, &$4) }, exif: ExifBlock.inWebP,
    advice: FormatAdvice(
      kind: "lossless, transparent and animated WebP", other: "a PNG or a baseline JPEG",
      how: "as one of these"))

  static let gif = ImageFormat(
    name: "GIF",
    begins: { $0.starts(with: "GIF87a".utf8) || $0.starts(with: "GIF89a".utf8) },
    readHeader: { ic_gif_header($0, $1, &$2, &$3) },
    decode: { ic_gif_decode($0, $1, $2, $3, &$4) },
    advice: FormatAdvice(
      kind: "interlaced GIF", other: "a GIF that is not", how: "without interlacing"))

  /// Two letters are a weak sign, so the length of the second header has to be a known one, too.
  static let bmp = ImageFormat(
    name: "BMP",
    begins: { bytes in
      bytes.starts(with: "BM".utf8)
        && (bytes.count < 18 || [12, 40, 52, 56, 64, 108, 124].contains(bytes[14]))
        && bytes.dropFirst(15).prefix(3).allSatisfy { $0 == 0 }
    },
    readHeader: { ic_bmp_header($0, $1, &$2, &$3) },
    decode: { ic_bmp_decode($0, $1, $2, $3, &$4) },
    advice: FormatAdvice(kind: "BMP", other: "a PNG or a baseline JPEG", how: "as one of these"))
}

/// A kind of file of which less is read than of others, and what to do about it.
public struct FormatAdvice: Sendable, Equatable {
  /// What the limit is for: "progressive JPEG".
  var kind: String
  /// What is read up to `ImageLimits.shrunkPixels` instead: "a baseline JPEG".
  var other: String
  /// How such a file is made: "as baseline (jpegtran does that)".
  var how: String
}
