/// A fixed text of a template. "<s>" and "</s>" in it stand for begin and end of sequence, whatever
/// the tokenizer calls them; other special tokens are written as they are ("<|im_start|>") and are
/// recognised when the text is tokenized, or stay text in a vocabulary without them.
struct TemplateText: Sendable, Equatable {
  enum Part: Sendable, Equatable {
    case text(String)
    case begin
    case end
  }

  let parts: [Part]

  var isEmpty: Bool { parts.isEmpty }

  init(_ text: String) {
    var parts: [Part] = []
    for (index, piece) in text.split(separator: "</s>", omittingEmptySubsequences: false)
      .enumerated()
    {
      if index > 0 { parts.append(.end) }
      for (index, piece) in piece.split(separator: "<s>", omittingEmptySubsequences: false)
        .enumerated()
      {
        if index > 0 { parts.append(.begin) }
        if !piece.isEmpty { parts.append(.text(String(piece))) }
      }
    }
    self.parts = parts
  }
}
