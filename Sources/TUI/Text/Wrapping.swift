import Basics

/// Breaks text into rows of at most `width` columns: at newlines, at blanks (but not before a percent
/// sign), and inside a word only when it alone is longer than a row.
enum Wrapping {
  /// Rows as ranges of UTF-8 offsets, without the newline or the blank they break at. Never empty.
  ///
  /// Linear in the length of the text: a pasted megabyte takes milliseconds.
  static func rows(of text: String, width: Int) -> [Range<Int>] {
    let width = max(width, 1)
    var rows: [Range<Int>] = []
    var breaker = RowBreaker(width: width)
    var text = text
    text.withUTF8 { bytes in
      var offset = 0
      while offset < bytes.count {
        let (scalar, length) = decode(bytes, at: offset)
        let taken = isBeforePercent(bytes, offset) ? "\u{A0}" : scalar
        breaker.take(taken, at: offset, length: length, into: &rows)
        offset += length
      }
      rows.append(breaker.rowStart..<bytes.count)
    }
    return rows
  }

  /// A blank between a number and its percent sign, at which no row ends.
  private static func isBeforePercent(_ bytes: UnsafeBufferPointer<UInt8>, _ offset: Int) -> Bool {
    bytes[offset] == UInt8(ascii: " ") && offset + 1 < bytes.count
      && bytes[offset + 1] == UInt8(ascii: "%")
  }

  /// The bytes of a Swift string are always valid UTF-8, so the first byte tells the length.
  private static func decode(
    _ bytes: UnsafeBufferPointer<UInt8>, at offset: Int
  ) -> (Unicode.Scalar, Int) {
    let first = UInt32(bytes[offset])
    if first < 0x80 { return (Unicode.Scalar(UInt8(first)), 1) }
    let length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
    var value = first & (0xFF >> UInt32(length + 1))
    for index in 1..<length { value = value << 6 | UInt32(bytes[offset + index]) & 0x3F }
    return (Unicode.Scalar(value) ?? "·", length)
  }
}

/// The state of one pass: where the row began and where it could be broken.
private struct RowBreaker {
  let width: Int
  var rowStart = 0
  private var used = 0
  /// The last blank of the row, and the columns used after it.
  private var blank: (offset: Int, length: Int, usedAfter: Int)?

  init(width: Int) { self.width = width }

  mutating func take(
    _ scalar: Unicode.Scalar, at offset: Int, length: Int, into rows: inout [Range<Int>]
  ) {
    if scalar == "\n" {
      rows.append(rowStart..<offset)
      begin(at: offset + length)
      return
    }
    let columns = DisplayText.width(scalar)
    if used + columns > width {
      if scalar == " " {  // the blank itself does not fit: it is where the row ends
        rows.append(rowStart..<offset)
        begin(at: offset + length)
        return
      }
      if let blank {
        rows.append(rowStart..<blank.offset)
        rowStart = blank.offset + blank.length
        used -= blank.usedAfter
        self.blank = nil
      }
      if used + columns > width, offset > rowStart {
        rows.append(rowStart..<offset)
        begin(at: offset)
      }
    }
    used += columns
    if scalar == " " { blank = (offset, length, used) }
  }

  private mutating func begin(at offset: Int) {
    rowStart = offset
    used = 0
    blank = nil
  }
}

extension String {
  /// The text between two UTF-8 offsets that lie on character boundaries.
  func utf8Slice(_ range: Range<Int>) -> Substring {
    self[utf8Index(range.lowerBound)..<utf8Index(range.upperBound)]
  }

  /// O(1): the UTF-8 view of a native string is random access.
  func utf8Index(_ offset: Int) -> Index { utf8.index(utf8.startIndex, offsetBy: offset) }

  func utf8Offset(_ index: Index) -> Int { utf8.distance(from: utf8.startIndex, to: index) }
}
