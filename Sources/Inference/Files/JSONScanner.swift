/// Walks JSON text without building it.
///
/// It serves the two places where Foundation's dictionaries lose something: tokenizer vocabularies
/// (Swift's strings compare by canonical equivalence, so two pieces that differ only in composition
/// would become one key) and safetensors headers (a repeated name must be noticed). Everything else
/// goes through Foundation.
struct JSONScanner {
  struct Failure: Error, Equatable {
    var offset: Int
    var detail: String
  }

  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0

  /// - Parameter bytes: must outlive the scanner.
  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes.bindMemory(to: UInt8.self)
  }

  /// Calls `member` for each key, with the scanner standing before the value; `member` must consume
  /// the value.
  mutating func object(_ member: (inout JSONScanner, String) throws -> Void) throws {
    try expect(UInt8(ascii: "{"))
    if next() == UInt8(ascii: "}") {
      position += 1
      return
    }
    while true {
      let key = try string()
      try expect(UInt8(ascii: ":"))
      try member(&self, key)
      switch next() {
      case UInt8(ascii: ","): position += 1
      case UInt8(ascii: "}"):
        position += 1
        return
      default: throw failure("',' or '}' is missing in an object")
      }
    }
  }

  /// Calls `element` for each element; `element` must consume it.
  mutating func array(_ element: (inout JSONScanner) throws -> Void) throws {
    try expect(UInt8(ascii: "["))
    if next() == UInt8(ascii: "]") {
      position += 1
      return
    }
    while true {
      try element(&self)
      switch next() {
      case UInt8(ascii: ","): position += 1
      case UInt8(ascii: "]"):
        position += 1
        return
      default: throw failure("',' or ']' is missing in an array")
      }
    }
  }

  mutating func string() throws -> String {
    try expect(UInt8(ascii: "\""))
    let start = position
    while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
      guard bytes[position] != UInt8(ascii: "\\") else { return try escapedString(from: start) }
      guard bytes[position] >= 0x20 else { throw failure("a control character is in a string") }
      position += 1
    }
    guard position < bytes.count else { throw failure("a string does not end") }
    defer { position += 1 }
    return try text(UnsafeBufferPointer(rebasing: bytes[start..<position]))
  }

  private mutating func escapedString(from start: Int) throws -> String {
    var result = [UInt8](bytes[start..<position])
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return try result.withUnsafeBufferPointer(text)
      case UInt8(ascii: "\\"): try appendEscape(to: &result)
      case 0..<0x20: throw failure("a control character is in a string")
      default: result.append(byte)
      }
    }
    throw failure("a string does not end")
  }

  private mutating func appendEscape(to result: inout [UInt8]) throws {
    guard position < bytes.count else { throw failure("a string does not end") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(byte)
    case UInt8(ascii: "b"): result.append(8)
    case UInt8(ascii: "f"): result.append(12)
    case UInt8(ascii: "n"): result.append(10)
    case UInt8(ascii: "r"): result.append(13)
    case UInt8(ascii: "t"): result.append(9)
    case UInt8(ascii: "u"):
      var code = try hexadecimal()
      if 0xd800..<0xdc00 ~= code, position + 1 < bytes.count,
        bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u")
      {
        position += 2
        let low = try hexadecimal()
        guard 0xdc00..<0xe000 ~= low else { throw failure("half a surrogate pair is in a string") }
        code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
      }
      guard let scalar = Unicode.Scalar(code) else {
        throw failure("half a surrogate pair is in a string")
      }
      result.append(contentsOf: UTF8.encode(scalar)!)
    default: throw failure("an unknown escape is in a string")
    }
  }

  private mutating func hexadecimal() throws -> UInt32 {
    guard position + 4 <= bytes.count else { throw failure("a string does not end") }
    var code: UInt32 = 0
    for _ in 0..<4 {
      let byte = bytes[position]
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: throw failure("an escape in a string is not hexadecimal")
      }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }

  /// Decoding mends what is not valid, and then the bytes are others. (`String(validating:)` is generic code
  /// that asks for its types each time, and tokenizers have hundreds of thousands of strings.)
  private func text(_ utf8: UnsafeBufferPointer<UInt8>) throws -> String {
    var text = String(decoding: utf8, as: UTF8.self)
    let isSame = text.withUTF8 { $0.count == utf8.count && $0.elementsEqual(utf8) }
    guard isSame else { throw failure("a string is not valid UTF-8") }
    return text
  }

  /// A whole number; fractions, exponents and values beyond `Int` are refused.
  mutating func integer() throws -> Int {
    let token = numberToken()
    guard let value = Int(token) else { throw failure("'\(token)' is not a whole number") }
    return value
  }

  mutating func number() throws -> Double {
    let token = numberToken()
    guard let value = Double(token), value.isFinite else {
      throw failure("'\(token)' is not a number")
    }
    return value
  }

  private mutating func numberToken() -> String {
    _ = next()
    let start = position
    while position < bytes.count, position - start < 64, isOfNumber(bytes[position]) {
      position += 1
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private func isOfNumber(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"),
      UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
      true
    default: false
    }
  }

  mutating func boolean() throws -> Bool {
    if try literal("true") { return true }
    if try literal("false") { return false }
    throw failure("true or false is missing")
  }

  /// Consumes `null` when it is next.
  mutating func null() throws -> Bool { try literal("null") }

  private mutating func literal(_ word: StaticString) throws -> Bool {
    _ = next()
    let count = word.utf8CodeUnitCount
    guard position + count <= bytes.count else { return false }
    for index in 0..<count where bytes[position + index] != word.utf8Start[index] { return false }
    position += count
    return true
  }

  /// Consumes any value. Nesting deeper than 64 is refused.
  mutating func skip(depth: Int = 0) throws {
    guard depth < 64 else { throw failure("it is nested too deeply") }
    switch next() {
    case UInt8(ascii: "{"): try object { scanner, _ in try scanner.skip(depth: depth + 1) }
    case UInt8(ascii: "["): try array { scanner in try scanner.skip(depth: depth + 1) }
    case UInt8(ascii: "\""): _ = try string()
    case UInt8(ascii: "t"), UInt8(ascii: "f"): _ = try boolean()
    case UInt8(ascii: "n"): if try !null() { throw failure("a value is missing") }
    default: _ = try number()
    }
  }

  /// Consumes any value and returns its text, for Foundation to read.
  mutating func value() throws -> UnsafeRawBufferPointer {
    _ = next()
    let start = position
    try skip()
    return UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[start..<position]))
  }

  /// The first byte of the next token, or nil at the end. White space before it is consumed.
  mutating func next() -> UInt8? {
    while position < bytes.count, isSpace(bytes[position]) {
      position += 1
    }
    return position < bytes.count ? bytes[position] : nil
  }

  private func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09
  }

  /// Checks that only white space is left.
  mutating func end() throws {
    if next() != nil { throw failure("something follows the end") }
  }

  private mutating func expect(_ byte: UInt8) throws {
    guard next() == byte else {
      throw failure("'\(Character(Unicode.Scalar(byte)))' is missing")
    }
    position += 1
  }

  func failure(_ detail: String) -> Failure { Failure(offset: position, detail: detail) }
}
