/// How one Unicode scalar is shown in a grid of terminal cells.
///
/// Every text of a person, a file or a model goes through here before it reaches a screen, so that
/// no control character is ever sent: a visible stand-in is shown instead.
public enum DisplayText {
  /// Columns of a tab; it is shown as blanks.
  package static let tabWidth = 4

  /// The scalar to show for `scalar`: itself, or a visible stand-in of width 1 for control
  /// characters (U+2400 block), bidirectional overrides, zero-width characters and scalars without
  /// a meaning.
  package static func visible(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar.value {
    case 0x20...0x7E, 0x09, 0x0A: scalar
    case 0..<0x20: Unicode.Scalar(0x2400 + scalar.value) ?? "·"
    case 0x7F: "␡"
    case 0xA0: " "
    case 0x1F1E6...0x1F1FF:  // flags: as letters, since terminals disagree on their width
      Unicode.Scalar(scalar.value - 0x1F1E6 + 0x41) ?? "·"
    case 0x200D, 0xFE00...0xFE0F: scalar
    default: isShowable(scalar) ? scalar : "·"
    }
  }

  private static func isShowable(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value < 0xA1 { return false }
    if scalar.value < 0x300 { return scalar.value != 0xAD }
    if (0x4E00...0x9FFF).contains(scalar.value) { return true }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator:
      return false
    default: return true
    }
  }

  /// Columns of a scalar: 2 for East Asian wide characters and emoji, 0 for marks that join the
  /// character before them, 1 otherwise. Agrees with glibc's `wcwidth` where it matters; where it
  /// does not, the terminal shim puts a dot.
  package static func width(_ scalar: Unicode.Scalar) -> Int {
    let value = scalar.value
    if value < 0x300 { return value == 9 ? tabWidth : 1 }
    if value >= 0x1100, isWide(value) { return 2 }
    if value == 0x200D || (0xFE00...0xFE0F).contains(value) { return 0 }
    if (0x1160...0x11FF).contains(value) { return 0 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return 0
    default: return 1
    }
  }

  /// Columns of a whole text on one line.
  package static func width<Text: StringProtocol>(_ text: Text) -> Int {
    text.unicodeScalars.reduce(0) { $0 + width($1) }
  }

  /// `text` with every control character replaced, for plain output. Newlines and tabs stay.
  public static func visible(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { result.append(visible(scalar)) }
    return String(result)
  }

  /// `text` on one line, every control character replaced, for a row of a table or a message.
  public static func oneLine(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x09: result.append(" ")
      case 0x0A: result.append("\u{240A}")
      default: result.append(visible(scalar))
      }
    }
    return String(result)
  }

  /// `text` as a title: on one line, with one blank for every run of blanks and line breaks. Control
  /// characters are replaced.
  public static func title(_ text: String) -> String {
    oneLine(text.split(whereSeparator: \.isWhitespace).joined(separator: " "))
  }

  /// `text` on one line, cut to `width` columns with an ellipsis when it is longer.
  package static func clipped(_ text: String, to width: Int) -> String {
    guard width > 0 else { return "" }
    let line = text.replacing("\n", with: " ")
    if Self.width(line) <= width { return line }
    var used = 0
    var result = String.UnicodeScalarView()
    for scalar in line.unicodeScalars {
      used += Self.width(scalar)
      if used > width - 1 { break }
      result.append(scalar)
    }
    return String(result) + "…"
  }

  private static func isWide(_ value: UInt32) -> Bool {
    if (0x4E00...0x9FFF).contains(value) || (0xAC00...0xD7A3).contains(value) { return true }
    var low = 0
    var high = wideRanges.count
    while low < high {
      let middle = (low + high) / 2
      if value > wideRanges[middle].upperBound {
        low = middle + 1
      } else if value < wideRanges[middle].lowerBound {
        high = middle
      } else {
        return true
      }
    }
    return false
  }

  /// Unicode 15, EastAsianWidth.txt, classes W and F, merged.
  private static let wideRanges: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x231A...0x231B, 0x2329...0x232A, 0x23E9...0x23EC, 0x23F0...0x23F0,
    0x23F3...0x23F3, 0x25FD...0x25FE, 0x2614...0x2615, 0x2648...0x2653, 0x267F...0x267F,
    0x2693...0x2693, 0x26A1...0x26A1, 0x26AA...0x26AB, 0x26BD...0x26BE, 0x26C4...0x26C5,
    0x26CE...0x26CE, 0x26D4...0x26D4, 0x26EA...0x26EA, 0x26F2...0x26F3, 0x26F5...0x26F5,
    0x26FA...0x26FA, 0x26FD...0x26FD, 0x2705...0x2705, 0x270A...0x270B, 0x2728...0x2728,
    0x274C...0x274C, 0x274E...0x274E, 0x2753...0x2755, 0x2757...0x2757, 0x2795...0x2797,
    0x27B0...0x27B0, 0x27BF...0x27BF, 0x2B1B...0x2B1C, 0x2B50...0x2B50, 0x2B55...0x2B55,
    0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4C6, 0xA960...0xA97C, 0xAC00...0xD7A3,
    0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6B, 0xFF01...0xFF60, 0xFFE0...0xFFE6,
    0x16FE0...0x18CD5, 0x18D00...0x18D08, 0x1AFF0...0x1B2FB, 0x1F004...0x1F004,
    0x1F0CF...0x1F0CF, 0x1F18E...0x1F18E, 0x1F191...0x1F19A, 0x1F200...0x1F202,
    0x1F210...0x1F23B, 0x1F240...0x1F248, 0x1F250...0x1F251, 0x1F260...0x1F265,
    0x1F300...0x1F320, 0x1F32D...0x1F335, 0x1F337...0x1F37C, 0x1F37E...0x1F393,
    0x1F3A0...0x1F3CA, 0x1F3CF...0x1F3D3, 0x1F3E0...0x1F3F0, 0x1F3F4...0x1F3F4,
    0x1F3F8...0x1F43E, 0x1F440...0x1F440, 0x1F442...0x1F4FC, 0x1F4FF...0x1F53D,
    0x1F54B...0x1F54E, 0x1F550...0x1F567, 0x1F57A...0x1F57A, 0x1F595...0x1F596,
    0x1F5A4...0x1F5A4, 0x1F5FB...0x1F64F, 0x1F680...0x1F6C5, 0x1F6CC...0x1F6CC,
    0x1F6D0...0x1F6D2, 0x1F6D5...0x1F6D7, 0x1F6DC...0x1F6DF, 0x1F6EB...0x1F6EC,
    0x1F6F4...0x1F6FC, 0x1F7E0...0x1F7EB, 0x1F7F0...0x1F7F0, 0x1F90C...0x1F93A,
    0x1F93C...0x1F945, 0x1F947...0x1F9FF, 0x1FA70...0x1FAF8, 0x20000...0x2FFFD,
    0x30000...0x3FFFD,
  ]
}
