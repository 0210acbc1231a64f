import KVCache

/// Where the image stands in a question.
public enum ImagePlacement: String, Sendable, CaseIterable {
  /// `<image>`, line break, question.
  case first
  /// Question, line break, `<image>`.
  case last
}

/// A question and, unless it is still open, its answer.
public struct Turn: Sendable, Equatable {
  public enum Part: Sendable, Equatable {
    case text(String)
    case image
  }

  public enum Answer: Sendable, Equatable {
    case text(String)
    /// Generated ids, with or without the end of sequence: they stay in the prompt as they are.
    case tokens([Int])
  }

  public var question: [Part]
  public var answer: Answer?

  /// - Parameter image: where to put the image; nil for a question without one. "<image>" in
  ///   `question` is text.
  public init(_ question: String, image: ImagePlacement? = nil, answer: Answer? = nil) {
    switch image {
    case .first: self.question = [.image, .text("\n" + question)]
    case .last: self.question = [.text(question + "\n"), .image]
    case nil: self.question = [.text(question)]
    }
    self.answer = answer
  }

  /// A question of a data set, in which "<image>" stands for the image.
  public init(marked question: String, answer: Answer? = nil) {
    let pieces = question.split(separator: "<image>", omittingEmptySubsequences: false)
    let parts = pieces.map { [Part.text(String($0))] }.joined(separator: [.image])
    self.question = parts.filter { $0 != .text("") }
    self.answer = answer
  }
}

/// One element of a prompt: a token, or the place that the rows of the image take.
public enum PromptToken: Sendable, Hashable {
  case token(Int)
  case image
}

/// A prompt and what each of its elements belongs to.
public struct Prompt: Sendable, Equatable {
  public internal(set) var tokens: [PromptToken] = []
  /// `[tokens]`
  public internal(set) var segments: [Segment] = []

  mutating func append(_ token: PromptToken, _ segment: Segment) {
    tokens.append(token)
    segments.append(segment)
  }
}

/// Turns under a template.
///
/// When a turn's answer is given as the tokens that were generated, the prompt of the next turn
/// begins with exactly the prompt and answer of this one: what the cache holds stays valid.
public struct Conversation: Sendable, Equatable {
  public var template: Template
  public var turns: [Turn]

  public init(template: Template, turns: [Turn] = []) {
    self.template = template
    self.turns = turns
  }

  /// The whole conversation as ids, from begin of sequence to where the model continues.
  public func prompt(_ tokenizer: Tokenizer) -> Prompt {
    var prompt = Prompt()
    if let begin = tokenizer.specials.begin { prompt.append(.token(begin), .system) }
    var runs: [(text: String, segment: Segment)] = []
    var position = TextPosition.start
    func flush(then next: TextPosition) {
      let tokens = tokenizer.encode(runs, position: position)
      for (id, segment) in tokens { prompt.append(.token(id), segment) }
      runs = []
      position = next
    }
    for element in elements(ends: tokenizer.specials.ends) {
      switch element {
      case .text(let text, let segment): runs.append((text, segment))
      case .image:
        flush(then: template.isOneText ? .afterSpecial : .start)
        prompt.append(.image, .image)
      case .beginOfSequence:
        flush(then: .afterSpecial)
        if let begin = tokenizer.specials.begin { prompt.append(.token(begin), .assistant) }
      case .endOfSequence:
        flush(then: .afterSpecial)
        prompt.append(.token(tokenizer.specials.end), .assistant)
      case .tokens(let ids):
        flush(then: .continuing)
        for id in ids { prompt.append(.token(id), .assistant) }
      }
    }
    flush(then: .start)
    return prompt
  }

  private enum Element {
    case text(String, Segment)
    case image
    case beginOfSequence
    case endOfSequence
    case tokens([Int])
  }

  private func elements(ends: Set<Int>) -> [Element] {
    var elements: [Element] = [.text(template.system, .system)]
    for (index, turn) in turns.enumerated() {
      if index > 0 {
        for mark in template.between {
          switch mark {
          case .text(let text): elements.append(.text(text, .user))
          case .beginOfSequence: elements.append(.beginOfSequence)
          case .endOfSequence: elements.append(.endOfSequence)
          }
        }
      }
      elements.append(.text(template.questionStart, .user))
      for part in turn.question {
        switch part {
        case .text(let text): elements.append(.text(text, .user))
        case .image: elements.append(.image)
        }
      }
      elements.append(.text(template.questionEnd, .user))
      elements.append(.text(template.answerStart, .assistant))
      switch turn.answer {
      case .text(let text): elements.append(.text(template.answerSeparator + text, .assistant))
      case .tokens(let ids):
        elements.append(.tokens(ids.last.map(ends.contains) == true ? ids.dropLast() : ids))
      case nil: break
      }
    }
    return elements
  }

  /// The conversation as text, for people: the image as "<image>", end of sequence as "</s>".
  public func text(_ tokenizer: Tokenizer) -> String {
    elements(ends: tokenizer.specials.ends).map { element in
      switch element {
      case .text(let text, _): text
      case .image: "<image>"
      case .beginOfSequence: "<s>"
      case .endOfSequence: "</s>"
      case .tokens(let ids): template.answerSeparator + tokenizer.decode(ids)
      }
    }.joined()
  }
}
