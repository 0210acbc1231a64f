/// The tokens that are cut out of a text before anything is merged: special tokens, and pieces that
/// a user of the tokenizer added.
struct AddedTokens: Sendable {
  struct Token: Sendable, Equatable {
    /// UTF-8; never empty.
    var text: [UInt8]
    var id: Int
    /// Whether it stands for something other than text: begin of sequence, a role, the image.
    var isSpecial: Bool
    /// Whether the white space after it belongs to it (`rstrip`, which Phi-3's marks set).
    var swallowsSpace = false

    /// Whether a text that a user typed may become this token. Some files list marks such as
    /// "<|im_start|>" among the tokens that are not special, so whatever looks like a mark is left
    /// to the template.
    var isText: Bool {
      !isSpecial && !(text.first == UInt8(ascii: "<") && text.last == UInt8(ascii: ">"))
        && !(text.first == UInt8(ascii: "[") && text.last == UInt8(ascii: "]"))
    }
  }

  /// A run of text between tokens, or a token.
  enum Part: Equatable {
    case text(String)
    case token(Token)
  }

  /// `[256]`: the tokens that begin with each byte, the longest first.
  private var byFirstByte: [[Token]]
  private var byID: [Int: Token] = [:]
  private let hasTextTokens: Bool

  init(_ tokens: [Token]) {
    byFirstByte = Array(repeating: [], count: 256)
    for token in tokens {
      byFirstByte[Int(token.text[0])].append(token)
      byID[token.id] = token
    }
    for byte in byFirstByte.indices {
      byFirstByte[byte].sort { $0.text.count > $1.text.count }
    }
    hasTextTokens = tokens.contains(where: \.isText)
  }

  /// The token with an id, if it is one of these.
  subscript(id: Int) -> Token? { byID[id] }

  /// The token with exactly this text, if it is one of these.
  subscript(text: String) -> Token? {
    let text = Array(text.utf8)
    guard let first = text.first else { return nil }
    return byFirstByte[Int(first)].first { $0.text == text }
  }

  /// The same tokens without those whose ids are `limit` or more.
  func limited(to limit: Int) -> AddedTokens {
    AddedTokens(byFirstByte.joined().filter { $0.id < limit })
  }

  /// Cuts `text` at the tokens in it, from left to right. Where several tokens begin, the longest
  /// is taken.
  ///
  /// - Parameter special: whether special tokens are cut out, too, as in a template's texts but
  ///   never in a user's.
  func parts(of text: String, special: Bool) -> [Part] {
    guard special || hasTextTokens else { return text.isEmpty ? [] : [.text(text)] }
    let bytes = Array(text.utf8)
    var parts: [Part] = []
    var start = 0
    var position = 0
    func endText() {
      if start < position {
        parts.append(.text(String(decoding: bytes[start..<position], as: UTF8.self)))
      }
    }
    while position < bytes.count {
      guard let token = token(in: bytes, at: position, special: special) else {
        position += 1
        continue
      }
      endText()
      parts.append(.token(token))
      position += token.text.count
      start = position
    }
    endText()
    return parts
  }

  private func token(in bytes: [UInt8], at position: Int, special: Bool) -> Token? {
    byFirstByte[Int(bytes[position])].first { token in
      (special || token.isText) && bytes[position...].starts(with: token.text)
    }
  }
}
