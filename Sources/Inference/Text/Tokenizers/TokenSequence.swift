/// Puts the ids of a prompt together from texts and tokens, each with a label.
///
/// Texts that follow each other are tokenized together, so a piece may reach across their border; it
/// gets the label of the text that its last byte lies in.
struct TokenSequence<Label> {
  private let tokenizer: Tokenizer
  private(set) var tokens: [(id: Int, label: Label)] = []
  /// Texts that are not tokenized yet.
  private var texts: [(text: String, label: Label)] = []
  private var position: TextPosition
  /// Whether white space at the start of the next text belongs to the token before it.
  private var swallowsSpace = false

  init(_ tokenizer: Tokenizer, position: TextPosition = .start) {
    self.tokenizer = tokenizer
    self.position = position
  }

  /// Appends a text.
  ///
  /// - Parameter special: whether special tokens in `text` are recognised: true for a template's
  ///   texts, never for a user's.
  mutating func append(_ text: String, _ label: Label, special: Bool) {
    for part in tokenizer.added.parts(of: text, special: special) {
      switch part {
      case .text(let text): append(text: text, label)
      case .token(let token):
        append(token.id, label)
        swallowsSpace = token.swallowsSpace
      }
    }
  }

  private mutating func append(text: String, _ label: Label) {
    var text = text
    if swallowsSpace {
      let scalars = text.unicodeScalars.drop { $0.properties.isWhitespace }
      text = String(String.UnicodeScalarView(scalars))
    }
    guard !text.isEmpty else { return }
    swallowsSpace = false
    texts.append((text, label))
  }

  /// Appends a token that stands between texts.
  mutating func append(_ id: Int, _ label: Label) {
    endText(next: .afterSpecial)
    tokens.append((id, label))
  }

  /// Appends tokens that were generated: what follows continues them.
  mutating func append(generated ids: [Int], _ label: Label) {
    endText(next: .continuing)
    for id in ids { tokens.append((id, label)) }
  }

  /// Tokenizes the texts collected so far. The next text will stand at position `next` of the prompt.
  mutating func endText(next: TextPosition) {
    tokens += tokenizer.merge(texts, position: position)
    texts = []
    position = next
    swallowsSpace = false
  }

  /// The tokens so far; they are no longer part of the sequence.
  mutating func takeTokens() -> [(id: Int, label: Label)] {
    defer { tokens = [] }
    return tokens
  }
}
