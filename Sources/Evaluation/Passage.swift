/// The numbers of tokens of a running text that are read as the prompt, and that are scored after
/// it.
public struct Passage: Sendable, Equatable {
  /// Tokens of the prompt, without begin of sequence.
  public var prompt: Int
  /// Tokens that are scored one after the other; each is decoded after it is scored.
  public var scored: Int

  /// By default a thousand tokens each.
  public init(prompt: Int = 1000, scored: Int = 1000) {
    self.prompt = prompt
    self.scored = scored
  }

  /// Cuts a text's ids; nil when there are too few.
  func cut(_ ids: [Int]) -> (prompt: [Int], scored: [Int])? {
    guard ids.count >= prompt + scored else { return nil }
    return (Array(ids.prefix(prompt)), Array(ids.dropFirst(prompt).prefix(scored)))
  }
}
