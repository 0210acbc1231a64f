import KVCache

/// One element of a prompt: a token, or the place that the rows of the image take.
public enum PromptToken: Sendable, Hashable {
  case token(Int)
  case image
}

/// A prompt: its elements, and the part of the conversation that each of them belongs to.
public struct Prompt: Sendable, Equatable {
  /// The elements in the order of the sequence.
  public internal(set) var tokens: [PromptToken] = []
  /// `[tokens]`: the part of the conversation that each element belongs to.
  public internal(set) var segments: [Segment] = []

  /// A prompt of plain text, without a template.
  package init(text ids: [Int]) {
    tokens = ids.map { .token($0) }
    segments = ids.map { _ in .user }
  }

  init(tokens: [PromptToken] = [], segments: [Segment] = []) {
    self.tokens = tokens
    self.segments = segments
  }

  mutating func append(_ token: PromptToken, _ segment: Segment) {
    tokens.append(token)
    segments.append(segment)
  }

  mutating func append(_ tokens: [(id: Int, label: Segment)]) {
    for (id, segment) in tokens { append(.token(id), segment) }
  }

  /// The elements from `index` on, which a cache that holds the first `index` elements has not seen.
  package func suffix(from index: Int) -> Prompt {
    Prompt(tokens: Array(tokens[index...]), segments: Array(segments[index...]))
  }

  /// The elements up to the one at `index`, itself included.
  package func prefix(through index: Int) -> Prompt {
    Prompt(tokens: Array(tokens[...index]), segments: Array(segments[...index]))
  }
}
