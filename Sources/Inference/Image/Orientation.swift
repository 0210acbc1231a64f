/// How a stored picture has to be turned to be upright: the EXIF tag 0x0112, values 1...8.
///
/// Source: EXIF 2.32, "Orientation"; TIFF 6.0 for the directory.
enum Orientation: UInt16, CaseIterable, Sendable {
  case upright = 1
  case mirrored, upsideDown, flipped, transposed, quarterRight, transversed, quarterLeft

  /// Upright when there is no tag or it can not be read: a damaged tag is no reason to refuse a
  /// picture.
  init(in bytes: [UInt8], format: ImageFormat) {
    let block: ArraySlice<UInt8>? =
      switch format {
      case .jpeg: jpegExif(bytes)
      case .png: pngExif(bytes)
      case .webP: webPExif(bytes)
      }
    self = block.flatMap { orientationTag(Array($0)) }.flatMap(Orientation.init) ?? .upright
  }

  /// Whether rows become columns.
  var swapsSides: Bool { rawValue >= Orientation.transposed.rawValue }
}

extension Pixels {
  func turned(by orientation: Orientation) -> Pixels {
    guard orientation != .upright else { return self }
    let newWidth = orientation.swapsSides ? height : width
    let newHeight = orientation.swapsSides ? width : height
    // Source index of the pixel at (x, y) is start + x * xStep + y * yStep, in pixels.
    let (right, down, last) = (1, width, width * height - 1)
    let (start, xStep, yStep) =
      switch orientation {
      case .upright: (0, right, down)
      case .mirrored: (width - 1, -right, down)
      case .upsideDown: (last, -right, -down)
      case .flipped: (width * (height - 1), right, -down)
      case .transposed: (0, down, right)
      case .quarterRight: (width * (height - 1), -down, right)
      case .transversed: (last, -down, -right)
      case .quarterLeft: (width - 1, down, -right)
      }
    let turned = [UInt8](unsafeUninitializedCapacity: rgb.count) { target, count in
      rgb.withUnsafeBufferPointer { source in
        var written = 0
        for y in 0..<newHeight {
          var from = (start + y * yStep) * 3
          for _ in 0..<newWidth {
            target[written] = source[from]
            target[written + 1] = source[from + 1]
            target[written + 2] = source[from + 2]
            written += 3
            from += xStep * 3
          }
        }
      }
      count = rgb.count
    }
    return Pixels(width: newWidth, height: newHeight, rgb: turned)
  }
}

// MARK: - Where the three formats keep their EXIF block

/// The TIFF part of the first EXIF segment before the picture data.
private func jpegExif(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
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
    if marker == 0xE1, body.starts(with: Array("Exif".utf8) + [0, 0]) { return body.dropFirst(6) }
    offset = end
  }
  return nil
}

private func pngExif(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
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

private func webPExif(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
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
private func orientationTag(_ tiff: [UInt8]) -> UInt16? {
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
