/// The printable characters that stand for bytes in the files of byte-level tokenizers.
///
/// Printable Latin-1 bytes (33 to 126, 161 to 172, 174 to 255) stand for themselves; the other 68
/// become U+0100 and following, in ascending order, so that a space is written "Ġ".
///
/// Source: `bytes_to_unicode` of https://github.com/openai/gpt-2.
enum ByteLevelAlphabet {
  /// `[256]`: the code of each byte's character.
  private static let codes: [UInt16] = {
    var codes: [UInt16] = []
    var next: UInt16 = 0x100
    for byte in UInt16(0)...255 {
      let isPrintable = 33...126 ~= byte || 161...172 ~= byte || 174...255 ~= byte
      codes.append(isPrintable ? byte : next)
      if !isPrintable { next += 1 }
    }
    return codes
  }()

  /// `[0x144]`: the byte of each character's code, -1 where there is none.
  private static let bytes: [Int16] = {
    var bytes = [Int16](repeating: -1, count: 0x144)
    for (byte, code) in codes.enumerated() { bytes[Int(code)] = Int16(byte) }
    return bytes
  }()

  /// The bytes that `text` stands for; nil when one of its characters stands for no byte.
  static func bytes(of text: String) -> [UInt8]? {
    var result: [UInt8] = []
    return append(text, to: &result) ? result : nil
  }

  /// Appends the bytes that `text` stands for.
  ///
  /// - Returns: whether every character stands for a byte.
  static func append(_ text: String, to result: inout [UInt8]) -> Bool {
    bytes.withUnsafeBufferPointer { bytes in
      // None of the characters takes more than two bytes in UTF-8.
      var first = 0
      for byte in text.utf8 {
        if byte >= 0xc0 {
          guard byte < 0xe0 else { return false }
          first = Int(byte & 0x1f) << 6
          continue
        }
        let code = byte < 0x80 ? Int(byte) : first | Int(byte & 0x3f)
        guard code < bytes.count, bytes[code] >= 0 else { return false }
        result.append(UInt8(truncatingIfNeeded: bytes[code]))
      }
      return true
    }
  }

  /// The characters that stand for `piece`.
  static func text(of piece: some Sequence<UInt8>) -> String {
    var text = String.UnicodeScalarView()
    for byte in piece { text.append(Unicode.Scalar(codes[Int(byte)])!) }
    return String(text)
  }
}
