/// The characters of a text by class, and the alternatives of the known regular expressions.
///
/// Indices count characters (Unicode scalars). Every function that looks for a word returns the
/// index behind it; they try their alternatives in the order in which the expression lists them.
struct WordScanner {
  /// What the expressions tell apart.
  enum Class: UInt8 {
    /// `\p{L}`
    case letter
    /// `\p{N}`
    case number
    /// U+0020
    case space
    /// `[\r\n]`
    case lineBreak
    /// The rest of `\s`.
    case otherSpace
    /// `[^\s\p{L}\p{N}]`
    case symbol

    var isSpace: Bool { self == .space || self == .lineBreak || self == .otherSpace }

    init(_ scalar: Unicode.Scalar) {
      switch scalar {
      case "a"..."z", "A"..."Z": self = .letter
      case "0"..."9": self = .number
      case " ": self = .space
      case "\r", "\n": self = .lineBreak
      default: self = Self.byCategory(scalar)
      }
    }

    private static func byCategory(_ scalar: Unicode.Scalar) -> Class {
      switch scalar.properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
        .letter
      case .decimalNumber, .letterNumber, .otherNumber: .number
      default: scalar.properties.isWhitespace ? .otherSpace : .symbol
      }
    }
  }

  private let bytes: UnsafeRawBufferPointer
  /// `[count]`
  let classes: [Class]
  /// `[count + 1]`: where each character begins in the bytes.
  let offsets: [Int]

  var count: Int { classes.count }

  /// - Parameter bytes: valid UTF-8; must outlive the scanner.
  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    var classes: [Class] = []
    var offsets: [Int] = []
    classes.reserveCapacity(bytes.count)
    offsets.reserveCapacity(bytes.count + 1)
    var offset = 0
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      classes.append(Class(scalar))
      offsets.append(offset)
      offset += UTF8.width(scalar)
    }
    offsets.append(offset)
    self.classes = classes
    self.offsets = offsets
  }

  // MARK: Expressions

  /// Llama-3's and Qwen2's expression.
  ///
  /// - Parameter digits: the most digits in one word.
  func modernWord(at start: Int, digits: Int) -> Int {
    if let end = contraction(at: start, ignoringCase: true) { return end }
    // [^\r\n\p{L}\p{N}]?\p{L}+
    let first = classes[start]
    let canLead = first != .letter && first != .number && first != .lineBreak
    let letters = canLead ? start + 1 : start
    if isClass(.letter, letters) { return run(of: .letter, from: letters) }
    // \p{N}{1,3}
    if first == .number { return run(of: .number, from: start, longest: digits) }
    //  ?[^\s\p{L}\p{N}]+[\r\n]*
    if let end = spacedRun(of: .symbol, at: start, limit: count) {
      return run(of: .lineBreak, from: end)
    }
    // \s*[\r\n]+ reaches to the last line break of the white space.
    let end = spaceEnd(from: start, limit: count)
    if let last = (start..<end).last(where: { classes[$0] == .lineBreak }) { return last + 1 }
    return space(at: start, end: end, limit: count)
  }

  /// GPT-2's expression.
  ///
  /// - Parameter limit: where the text ends as far as the expression sees it.
  func classicWord(at start: Int, limit: Int) -> Int {
    if let end = contraction(at: start, ignoringCase: false), end <= limit { return end }
    for kind in [Class.letter, .number, .symbol] {
      if let end = spacedRun(of: kind, at: start, limit: limit) { return end }
    }
    return space(at: start, end: spaceEnd(from: start, limit: limit), limit: limit)
  }

  /// The first number at or after `start`; `count` when there is none.
  func number(from start: Int) -> Int {
    classes[start...].firstIndex(of: .number) ?? count
  }

  // MARK: Alternatives

  /// `'s|'t|'re|'ve|'m|'ll|'d`
  private func contraction(at start: Int, ignoringCase: Bool) -> Int? {
    guard bytes[offsets[start]] == UInt8(ascii: "'") else { return nil }
    let first = letter(start + 1, ignoringCase)
    switch first {
    case "s", "t", "m", "d": return start + 2
    case "r", "v": return letter(start + 2, ignoringCase) == "e" ? start + 3 : nil
    case "l": return letter(start + 2, ignoringCase) == "l" ? start + 3 : nil
    // The long s is the one other character that equals one of these when case is ignored.
    case "\u{17f}" where ignoringCase: return start + 2
    default: return nil
    }
  }

  /// The character at `index` in lower case, as far as contractions need it.
  private func letter(_ index: Int, _ ignoringCase: Bool) -> Unicode.Scalar? {
    guard index < count, classes[index] == .letter else { return nil }
    let byte = bytes[offsets[index]]
    switch byte {
    case ..<0x80: return Unicode.Scalar(ignoringCase ? byte | 0x20 : byte)
    case 0xc5 where bytes[offsets[index] + 1] == 0xbf: return "\u{17f}"
    default: return nil
    }
  }

  /// ` ?` and one or more of `kind`.
  private func spacedRun(of kind: Class, at start: Int, limit: Int) -> Int? {
    let first = classes[start] == .space ? start + 1 : start
    guard first < limit, classes[first] == kind else { return nil }
    return run(of: kind, from: first, longest: limit - first)
  }

  /// `\s+(?!\S)|\s+`: white space before a word leaves its last character to the word.
  private func space(at start: Int, end: Int, limit: Int) -> Int {
    end == limit || end - start == 1 ? end : end - 1
  }

  private func spaceEnd(from start: Int, limit: Int) -> Int {
    var end = start
    while end < limit, classes[end].isSpace { end += 1 }
    return end
  }

  private func isClass(_ kind: Class, _ index: Int) -> Bool {
    index < count && classes[index] == kind
  }

  private func run(of kind: Class, from start: Int, longest: Int = .max) -> Int {
    var end = start
    while end < count, end - start < longest, classes[end] == kind { end += 1 }
    return end
  }
}
