/// Turns ids into text one at a time, in whole characters: bytes wait until the tokens that follow
/// complete their character.
public struct StreamingDecoder: Sendable {
  private let tokenizer: Tokenizer
  /// Bytes that are not printed yet.
  private var pending: [UInt8] = []
  /// Whether a space is dropped if it comes next: encoding puts one in front of the first
  /// character.
  private var removesSpace: Bool

  /// A decoder that has seen no ids yet.
  ///
  /// - Parameter continuing: whether the ids continue an earlier text, so that a leading space is
  ///   kept.
  public init(_ tokenizer: Tokenizer, continuing: Bool = false) {
    self.tokenizer = tokenizer
    if case .spaceMark(let removesLeadingSpace, _) = tokenizer.merging.spelling {
      removesSpace = removesLeadingSpace && !continuing
    } else {
      removesSpace = false
    }
  }

  /// The text that became complete with `id`; often empty while bytes are pending.
  public mutating func append(_ id: Int) -> String {
    guard 0..<tokenizer.count ~= id else { return "" }
    let kind = tokenizer.vocabulary.kinds[id]
    switch (kind, tokenizer.merging.spelling) {
    case (.control, _), (.unused, _): return ""
    case (.byte(let byte), _):
      removesSpace = false
      pending.append(byte)
      return completeCharacters()
    case (.unknown, .spaceMark(_, let unknown)): return finish() + emit(unknown)
    case (.unknown, .bytes), (.text, .bytes), (.userDefined, .bytes):
      pending += tokenizer.vocabulary.piece(id)
      return completeCharacters()
    case (.text, .spaceMark), (.userDefined, .spaceMark):
      let piece = String(decoding: tokenizer.vocabulary.piece(id), as: UTF8.self)
      let scalars = piece.unicodeScalars.map { $0 == "▁" ? " " : $0 }
      return finish() + emit(String(String.UnicodeScalarView(scalars)))
    }
  }

  /// The text of bytes that are still pending: they form no character, so they become U+FFFD.
  public mutating func finish() -> String {
    defer { pending.removeAll(keepingCapacity: true) }
    return text(of: pending[...])
  }

  private mutating func emit(_ text: String) -> String {
    defer { removesSpace = removesSpace && text.isEmpty }
    guard removesSpace, text.utf8.first == 0x20 else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.dropFirst()))
  }

  /// Takes the bytes of `pending`, except those of a last character that further bytes may
  /// complete.
  private mutating func completeCharacters() -> String {
    let end = pending.count - Self.incompleteCount(pending)
    defer { pending.removeFirst(end) }
    return text(of: pending[..<end])
  }

  /// How many bytes at the end of `bytes` are the beginning of a character.
  private static func incompleteCount(_ bytes: [UInt8]) -> Int {
    for count in 1...3 where count <= bytes.count {
      let lead = bytes[bytes.count - count]
      if lead & 0xc0 == 0x80 { continue }
      return 0xc2...0xf4 ~= lead && count < PairMerger.length(lead: lead) ? count : 0
    }
    return 0
  }

  private func text(of bytes: ArraySlice<UInt8>) -> String {
    tokenizer.merging.spelling == .bytes
      ? String(decoding: bytes, as: UTF8.self) : Self.repairedByteByByte(bytes)
  }

  /// The text that sentencepiece prints: each byte that is part of no character becomes one U+FFFD.
  /// Unicode (and byte-level tokenizers) replace a run of such bytes by one U+FFFD.
  private static func repairedByteByByte(_ bytes: ArraySlice<UInt8>) -> String {
    var text = ""
    var rest = bytes
    while let lead = rest.first {
      let length = PairMerger.length(lead: lead)
      if let character = String(validating: rest.prefix(length), as: UTF8.self) {
        text += character
        rest = rest.dropFirst(length)
      } else {
        text += "\u{FFFD}"
        rest = rest.dropFirst()
      }
    }
    return text
  }
}
