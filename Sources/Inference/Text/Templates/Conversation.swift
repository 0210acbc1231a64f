import KVCache

/// The turns of a conversation, and the template that writes them as a prompt.
///
/// When a turn's answer is given as the tokens that were generated, the prompt of the next turn
/// begins with exactly the prompt and answer of this one: what the cache holds stays valid.
public struct Conversation: Sendable, Equatable {
  /// The template that writes the turns.
  public var template: Template
  /// Oldest first; the last turn may have no answer yet.
  public var turns: [Turn]

  /// A conversation with these turns.
  public init(template: Template, turns: [Turn] = []) {
    self.template = template
    self.turns = turns
  }

  /// The whole conversation as token ids, each with its segment, from the begin token to where the
  /// model continues.
  ///
  /// Special tokens come from the template alone: in the text of a question or an answer they are
  /// tokenized like any word.
  public func prompt(_ tokenizer: Tokenizer) -> Prompt {
    var prompt = Prompt()
    if let begin = tokenizer.specials.begin { prompt.append(.token(begin), .system) }
    var sequence = TokenSequence<Segment>(tokenizer)
    for element in elements(tokenizer.specials) {
      switch element {
      case .template(let text, let segment): sequence.append(text, segment, special: true)
      case .text(let text, let segment): sequence.append(text, segment, special: false)
      case .token(let id, let segment): sequence.append(id, segment)
      case .generated(let ids): sequence.append(generated: ids, .assistant)
      case .image:
        sequence.endText(next: template.isOneText ? .afterSpecial : .start)
        prompt.append(sequence.takeTokens())
        prompt.append(.image, .image)
      }
    }
    sequence.endText(next: .start)
    prompt.append(sequence.takeTokens())
    return prompt
  }

  /// The conversation as text that a person reads: the image is written as "<image>", and special
  /// tokens as their pieces.
  public func text(_ tokenizer: Tokenizer) -> String {
    elements(tokenizer.specials).map { element in
      switch element {
      case .template(let text, _), .text(let text, _): text
      case .token(let id, _): tokenizer.piece(id) ?? ""
      case .image: "<image>"
      case .generated(let ids): template.answerSeparator + tokenizer.decode(ids)
      }
    }.joined()
  }

  // MARK: Elements

  private enum Element {
    /// Text of the template, in which special tokens are recognised.
    case template(String, Segment)
    /// Text that a person or a model wrote, in which they are not.
    case text(String, Segment)
    case token(Int, Segment)
    case generated([Int])
    case image
  }

  private func elements(_ specials: Specials) -> [Element] {
    var elements = system(specials)
    for (index, turn) in turns.enumerated() {
      if index > 0 { elements += fixed(template.between, .user, specials) }
      elements += question(turn, specials)
      elements += fixed(template.questionEnd, .user, specials)
      elements += fixed(template.answerStart, .assistant, specials)
      switch turn.answer {
      case .text(let text): elements.append(.text(template.answerSeparator + text, .assistant))
      case .tokens(let ids):
        let isEnded = ids.last.map(specials.ends.contains) == true
        elements.append(.generated(isEnded ? ids.dropLast() : ids))
      case nil: break
      }
    }
    return elements
  }

  private func system(_ specials: Specials) -> [Element] {
    guard let sentence = template.systemSentence else { return [] }
    return fixed(template.systemStart, .system, specials) + [.text(sentence, .system)]
      + fixed(template.systemEnd, .system, specials)
  }

  private func question(_ turn: Turn, _ specials: Specials) -> [Element] {
    let start = fixed(template.questionStart, .user, specials)
    let parts = turn.question.map { part in
      switch part {
      case .text(let text): Element.text(text, .user)
      case .image: Element.image
      }
    }
    guard template.imageLeads, case .image? = turn.question.first else { return start + parts }
    // The line break behind the image stays with it.
    guard parts.count > 1, case .text(let text, let segment) = parts[1], text.first == "\n" else {
      return parts.prefix(1) + start + parts.dropFirst()
    }
    return [.image, .text("\n", segment)] + start + [.text(String(text.dropFirst()), segment)]
      + parts.dropFirst(2)
  }

  private func fixed(
    _ text: TemplateText, _ segment: Segment, _ specials: Specials
  ) -> [Element] {
    text.parts.compactMap { part in
      switch part {
      case .text(let text): .template(text, segment)
      case .begin: specials.begin.map { .token($0, .assistant) }
      case .end: .token(specials.end, .assistant)
      }
    }
  }
}
