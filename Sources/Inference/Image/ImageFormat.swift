/// What a file is by its first bytes; its name is never looked at.
enum ImageFormat: String, Sendable {
  case jpeg = "JPEG"
  case png = "PNG"
  case webP = "WebP"

  static let supported = "JPEG, PNG or WebP"

  /// nil unless the bytes begin as one of the three.
  init?(_ bytes: [UInt8]) {
    if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
      self = .png
    } else if bytes.starts(with: "RIFF".utf8), bytes.dropFirst(8).starts(with: "WEBP".utf8) {
      self = .webP
    } else {
      return nil
    }
  }

  /// What a file that is none of the three seems to be, with its article.
  static func guess(_ bytes: [UInt8]) -> String {
    if bytes.dropFirst(4).starts(with: "ftyp".utf8) { return isoBrand(bytes) }
    for (magic, name) in magics where bytes.starts(with: magic) { return name }
    return textKind(bytes) ?? "none of the picture formats known here"
  }

  private static let magics: [([UInt8], String)] = [
    (Array("GIF8".utf8), "a GIF picture"),
    (Array("BM".utf8), "a BMP picture"),
    ([0x49, 0x49, 0x2A, 0x00], "a TIFF picture"),
    ([0x4D, 0x4D, 0x00, 0x2A], "a TIFF picture"),
    ([0xFF, 0x0A], "a JPEG XL picture"),
    ([0, 0, 0, 0x0C, 0x4A, 0x58, 0x4C, 0x20], "a JPEG XL picture"),
    ([0, 0, 0, 0x0C, 0x6A, 0x50, 0x20, 0x20], "a JPEG 2000 picture"),
    ([0, 0, 1, 0], "an icon file"),
    (Array("8BPS".utf8), "a Photoshop document"),
    (Array("%PDF".utf8), "a PDF document"),
    (Array("P6".utf8), "a PPM picture"),
    (Array("GGUF".utf8), "a GGUF model"),
    ([0x50, 0x4B, 0x03, 0x04], "a ZIP archive"),
    ([0x1F, 0x8B], "a gzip archive"),
    ([0x7F, 0x45, 0x4C, 0x46], "a program"),
  ]

  /// The containers of HEIC, AVIF and video share one frame; bytes 8...11 tell them apart.
  private static func isoBrand(_ bytes: [UInt8]) -> String {
    switch String(decoding: bytes.dropFirst(8).prefix(4), as: UTF8.self) {
    case "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1": "a HEIC picture"
    case "avif", "avis": "an AVIF picture"
    default: "a video or another ISO media file"
    }
  }

  private static func textKind(_ bytes: [UInt8]) -> String? {
    let head = String(decoding: bytes.prefix(1024), as: UTF8.self).lowercased()
    if head.contains("<svg") { return "an SVG drawing" }
    if head.contains("<!doctype html") || head.contains("<html") || head.contains("<head") {
      return "an HTML page"
    }
    if head.contains("<?xml") { return "an XML file" }
    let isText = bytes.prefix(1024).allSatisfy { $0 >= 0x20 || [0x09, 0x0A, 0x0D].contains($0) }
    return isText && !head.contains("\u{FFFD}") ? "a text file" : nil
  }
}
