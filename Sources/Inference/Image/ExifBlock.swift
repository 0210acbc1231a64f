/// Where picture files keep their EXIF block, which is a TIFF file of its own.
///
/// A damaged block counts as none, since it is no reason to refuse a picture.
///
/// Source: EXIF 2.32; PNG extensions 1.5, "eXIf"; WebP container specification; TIFF 6.0.
enum ExifBlock {
  /// The TIFF part of the first EXIF segment before the picture data.
  static func inJPEG(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
    var offset = 2
    while offset + 4 <= bytes.count, bytes[offset] == 0xFF {
      let marker = bytes[offset + 1]
      if marker == 0xFF {  // fill byte
        offset += 1
        continue
      }
      let length = Int(bytes[offset + 2]) << 8 | Int(bytes[offset + 3])
      let end = offset + 2 + length
      guard marker != 0xDA, marker != 0xD9, length >= 2, end <= bytes.count else { return nil }
      let body = bytes[(offset + 4)..<end]
      if marker == 0xE1, body.starts(with: Array("Exif".utf8) + [0, 0]) {
        return body.dropFirst(6)
      }
      offset = end
    }
    return nil
  }

  /// The body of the first eXIf chunk.
  static func inPNG(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
    var offset = 8
    while offset + 12 <= bytes.count {
      let length = bytes[offset..<(offset + 4)].reduce(0) { $0 << 8 | Int($1) }
      let end = offset + 8 + length
      guard end + 4 <= bytes.count else { return nil }
      if bytes[(offset + 4)..<(offset + 8)].elementsEqual("eXIf".utf8) {
        return bytes[(offset + 8)..<end]
      }
      offset = end + 4
    }
    return nil
  }

  /// The body of the first EXIF chunk.
  static func inWebP(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
    var offset = 12
    while offset + 8 <= bytes.count {
      let length = bytes[(offset + 4)..<(offset + 8)].reversed().reduce(0) { $0 << 8 | Int($1) }
      let end = offset + 8 + length
      guard end <= bytes.count else { return nil }
      if bytes[offset..<(offset + 4)].elementsEqual("EXIF".utf8) {
        let body = bytes[(offset + 8)..<end]
        // Some writers keep the JPEG segment's heading.
        return body.starts(with: Array("Exif".utf8) + [0, 0]) ? body.dropFirst(6) : body
      }
      offset = end + length % 2
    }
    return nil
  }

  /// The value of tag 0x0112 in the first directory of a TIFF block.
  static func orientation(of tiff: [UInt8]) -> UInt16? {
    let isLittle: Bool
    if tiff.starts(with: [0x49, 0x49, 0x2A, 0x00]) {
      isLittle = true
    } else if tiff.starts(with: [0x4D, 0x4D, 0x00, 0x2A]) {
      isLittle = false
    } else {
      return nil
    }
    func number(at offset: Int, bytes count: Int) -> Int? {
      guard offset >= 0, offset <= tiff.count - count else { return nil }
      let bytes = tiff[offset..<(offset + count)]
      return isLittle
        ? bytes.reversed().reduce(0) { $0 << 8 | Int($1) } : bytes.reduce(0) { $0 << 8 | Int($1) }
    }
    guard let directory = number(at: 4, bytes: 4), let entries = number(at: directory, bytes: 2)
    else { return nil }
    for index in 0..<entries {
      let entry = directory + 2 + index * 12
      guard let tag = number(at: entry, bytes: 2) else { return nil }
      // Type 3 is a 16-bit number, kept in the first bytes of the value field.
      if tag == 0x0112, number(at: entry + 2, bytes: 2) == 3 {
        return number(at: entry + 8, bytes: 2).map(UInt16.init)
      }
    }
    return nil
  }
}
