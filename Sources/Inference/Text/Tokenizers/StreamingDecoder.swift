/// Ids to text, one at a time, never half a character: the bytes of a character that is spread over
/// several tokens wait until it is complete.
public struct StreamingDecoder: Sendable {
  private let tokenizer: Tokenizer
  private var pending: [UInt8] = []
  private var atStart: Bool

  /// - Parameter continuing: the ids continue an earlier text, so a leading space is kept.
  public init(_ tokenizer: Tokenizer, continuing: Bool = false) {
    self.tokenizer = tokenizer
    atStart = !continuing && tokenizer.removesLeadingSpace
  }

  /// The text that became complete with `id`; often empty while bytes are pending.
  public mutating func append(_ id: Int) -> String {
    guard 0..<tokenizer.count ~= id else { return "" }
    switch tokenizer.vocabulary.kinds[id] {
    case .control: return ""
    case .unknown: return finish() + emit(" \u{2047} ")
    case .byte(let byte):
      atStart = false
      pending.append(byte)
      return completeCharacters()
    case .text:
      let piece = String(decoding: tokenizer.vocabulary.piece(id), as: UTF8.self)
      return finish()
        + emit(String(String.UnicodeScalarView(piece.unicodeScalars.map { $0 == "▁" ? " " : $0 })))
    }
  }

  /// What is still pending: bytes that never became a character, as U+FFFD each.
  public mutating func finish() -> String {
    defer { pending.removeAll(keepingCapacity: true) }
    return pending.isEmpty ? "" : Self.repaired(pending)
  }

  private mutating func emit(_ text: String) -> String {
    defer { atStart = atStart && text.isEmpty }
    guard atStart, text.utf8.first == 0x20 else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.dropFirst()))
  }

  /// Takes from `pending` all that can be decided now.
  private mutating func completeCharacters() -> String {
    var text = ""
    while let lead = pending.first {
      let length = PairMerger.length(lead: lead)
      let continuation = pending.dropFirst().prefix(length - 1).prefix { $0 & 0xc0 == 0x80 }.count
      if continuation + 1 < length, continuation + 1 == pending.count, lead >= 0xc2, lead < 0xf5 {
        return text  // may still become a character
      }
      if continuation + 1 == length,
        let character = String(validating: pending.prefix(length), as: UTF8.self)
      {
        text += character
        pending.removeFirst(length)
      } else {
        text += "\u{FFFD}"
        pending.removeFirst()
      }
    }
    return text
  }

  /// As sentencepiece: every byte that is not part of a valid character becomes one U+FFFD.
  private static func repaired(_ bytes: [UInt8]) -> String {
    String(repeating: "\u{FFFD}", count: bytes.count)
  }
}
