/// What a file that is no readable picture seems to be, by its first bytes.
struct UnknownContent: Equatable {
  /// With its article: "a HEIC picture".
  let name: String
  /// A sentence: what to do about it.
  let remedy: String

  init(_ bytes: [UInt8]) {
    name =
      Self.isoBrand(bytes) ?? Self.magics.first { bytes.starts(with: $0.0) }?.1
      ?? Self.textKind(bytes) ?? "none of the picture formats known here"
    remedy = Self.remedies[name] ?? "Convert it to \(ImageFormat.list) first."
  }

  private static let remedies = [
    "an HTML page": "The download saved a web page; download the picture itself.",
    gitPointer: "Fetch the picture itself with 'git lfs pull'.",
    "a GGUF model": "Give it as the model, and a \(ImageFormat.list) file as the picture.",
    "a ZIP archive": "Unpack it and give one picture.",
    "a gzip archive": "Unpack it and give one picture.",
    "a text file": "Give a \(ImageFormat.list) file.",
  ]

  private static let gitPointer = "a pointer of Git LFS, not the picture"

  private static let magics: [([UInt8], String)] = [
    ([0x49, 0x49, 0x2A, 0x00], "a TIFF picture"),
    ([0x4D, 0x4D, 0x00, 0x2A], "a TIFF picture"),
    ([0x49, 0x49, 0x2B, 0x00], "a BigTIFF picture"),
    ([0x4D, 0x4D, 0x00, 0x2B], "a BigTIFF picture"),
    ([0xFF, 0x0A], "a JPEG XL picture"),
    ([0, 0, 0, 0x0C, 0x4A, 0x58, 0x4C, 0x20], "a JPEG XL picture"),
    ([0, 0, 0, 0x0C, 0x6A, 0x50, 0x20, 0x20], "a JPEG 2000 picture"),
    ([0xFF, 0x4F, 0xFF, 0x51], "a JPEG 2000 picture"),
    ([0, 0, 1, 0], "an icon file"),
    (Array("8BPS".utf8), "a Photoshop document"),
    (Array("gimp xcf".utf8), "a GIMP document"),
    (Array("%PDF".utf8), "a PDF document"),
    (Array("%!PS".utf8), "a PostScript document"),
    (Array("P3".utf8), "a PPM picture"),
    (Array("P5".utf8), "a PGM picture"),
    (Array("P6".utf8), "a PPM picture"),
    (Array("qoif".utf8), "a QOI picture"),
    ([0x76, 0x2F, 0x31, 0x01], "an OpenEXR picture"),
    (Array("GGUF".utf8), "a GGUF model"),
    (Array("RIFF".utf8), "a sound or video file"),
    ([0x1A, 0x45, 0xDF, 0xA3], "a video file"),
    ([0x50, 0x4B, 0x03, 0x04], "a ZIP archive"),
    ([0x1F, 0x8B], "a gzip archive"),
    ([0x7F, 0x45, 0x4C, 0x46], "a program"),
  ]

  /// The containers of HEIC, AVIF and video share one frame: a box `ftyp` with a main brand and a
  /// list of compatible ones. "mif1" alone is the frame of both kinds of picture.
  private static func isoBrand(_ bytes: [UInt8]) -> String? {
    guard bytes.dropFirst(4).starts(with: "ftyp".utf8) else { return nil }
    let length = bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    let box = bytes.prefix(min(max(length, 12), 256))
    let brands = stride(from: 8, to: box.count - 3, by: 4).map {
      String(decoding: box[$0..<($0 + 4)], as: UTF8.self)
    }
    if brands.contains(where: ["avif", "avis"].contains) { return "an AVIF picture" }
    let heif = ["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"]
    if brands.contains(where: heif.contains) { return "a HEIC picture" }
    return "a video or another ISO media file"
  }

  private static func textKind(_ bytes: [UInt8]) -> String? {
    let head = String(decoding: bytes.prefix(1024), as: UTF8.self).lowercased()
    if head.hasPrefix("version https://git-lfs") { return gitPointer }
    if head.contains("<svg") { return "an SVG drawing" }
    if head.contains("<!doctype html") || head.contains("<html") || head.contains("<head") {
      return "an HTML page"
    }
    if head.contains("<?xml") { return "an XML file" }
    let isText = bytes.prefix(1024).allSatisfy { $0 >= 0x20 || [0x09, 0x0A, 0x0D].contains($0) }
    return isText && !head.contains("\u{FFFD}") ? "a text file" : nil
  }
}
