/// A token of a prompt, and where it stands in the sequence.
public struct PromptWord: Sendable, Equatable {
  public var position: Int
  /// Whole characters only; empty for special tokens and while bytes are pending.
  public var text: String

  public init(position: Int, text: String) {
    self.position = position
    self.text = text
  }
}

extension Prompt {
  /// The prompt's tokens one by one; the picture's rows are left out.
  ///
  /// - Parameters:
  ///   - first: the position of the first token.
  ///   - imageRows: positions that the picture takes.
  func words(from first: Int, imageRows: Int, _ tokenizer: Tokenizer) -> [PromptWord] {
    var words: [PromptWord] = []
    var decoder = StreamingDecoder(tokenizer)
    var position = first
    for token in tokens {
      switch token {
      case .token(let id):
        words.append(PromptWord(position: position, text: decoder.append(id)))
        position += 1
      case .image: position += imageRows
      }
    }
    return words
  }
}
