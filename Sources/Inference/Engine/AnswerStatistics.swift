import KVCache

/// Why an answer ended.
public enum FinishReason: String, Sendable, Equatable {
  case endOfSequence, stopString, maximumTokens, contextFull, cancelled
}

/// Measured times of one answer.
public struct AnswerStatistics: Sendable, Equatable {
  /// Positions that the question added to the cache, the picture's included.
  public var promptTokens: Int
  /// Positions of the picture.
  public var imageTokens: Int
  /// Tokens of the answer.
  public var generatedTokens: Int
  /// From the question to its first token, without encoding the picture.
  public var timeToFirstToken: Duration
  /// Mean over the answer.
  public var decodeTokensPerSecond: Double
  /// Why the answer ended.
  public var finish: FinishReason
  /// The answer as it was generated, so that it can be read again exactly.
  public var tokens: [Int]
  /// What it cost to let the question see evicted entries; nil when nothing was recalled.
  public var recall: RecallReport?
  /// What looking ahead did; nil where tokens were computed one at a time.
  public var lookAhead: LookAheadReport?

  package init(
    promptTokens: Int, imageTokens: Int, generatedTokens: Int, timeToFirstToken: Duration,
    decodeTokensPerSecond: Double, finish: FinishReason, tokens: [Int] = [],
    recall: RecallReport? = nil, lookAhead: LookAheadReport? = nil
  ) {
    self.promptTokens = promptTokens
    self.imageTokens = imageTokens
    self.generatedTokens = generatedTokens
    self.timeToFirstToken = timeToFirstToken
    self.decodeTokensPerSecond = decodeTokensPerSecond
    self.finish = finish
    self.tokens = tokens
    self.recall = recall
    self.lookAhead = lookAhead
  }
}
