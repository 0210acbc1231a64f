/// A token of an answer that was not generated just now: one of a comparison's, or a resumed one.
public struct AnsweredToken: Sendable, Equatable {
  /// Where it stands in the sequence.
  public var position: Int
  /// Whole characters only; empty while bytes are pending.
  public var text: String
  /// How probable it was; nil where that takes computing it once more: `EngineCommand.attention`.
  public var choice: TokenChoice?

  /// Each parameter is the property of its name.
  public init(position: Int, text: String, choice: TokenChoice? = nil) {
    self.position = position
    self.text = text
    self.choice = choice
  }
}

/// An answer of a comparison with which a conversation goes on.
public struct AdoptedAnswer: Sendable, Equatable {
  /// The answer as it was generated.
  public var ids: [Int]
  public var tokens: [AnsweredToken]
  /// What the full cache makes of each token and of what ended the answer; without the end where a limit
  /// ended it.
  public var qualities: [TokenQuality]

  /// Each parameter is the property of its name.
  public init(ids: [Int], tokens: [AnsweredToken], qualities: [TokenQuality]) {
    self.ids = ids
    self.tokens = tokens
    self.qualities = qualities
  }
}
