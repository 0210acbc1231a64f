import KVCache

/// How near an answer's distributions are to those of the full cache.
public struct Agreement: Sendable, Equatable {
  /// Kullback-Leibler divergence of the compressed cache's distribution from the full cache's, in
  /// nats, mean over the answer's tokens and its end: sum of p log(p / q), p from the full cache.
  public var meanKL: Double
  /// Share of the same tokens at which both caches find the same token most probable, in [0, 1].
  public var share: Double

  public init(meanKL: Double, share: Double) {
    self.meanKL = meanKL
    self.share = share
  }
}

/// One column of a comparison: an answer, and what it took.
public struct ComparedAnswer: Sendable, Equatable {
  /// What was asked for.
  public var column: ComparisonColumn
  public var text: String
  /// Tokens of the answer.
  public var tokens: Int
  public var finish: FinishReason
  /// Kept share of all entries over all layers that was asked for, in (0, 1].
  public var budget: Double
  /// Bytes of the retained entries at the answer's end.
  public var bytesKept: Int
  /// Bytes of the same positions without eviction.
  public var bytesFull: Int
  /// Entries of the picture that are left, over all layers.
  public var imageEntries: Int
  /// All other entries that are left, over all layers.
  public var textEntries: Int
  /// Mean over the answer, while the other columns' answers were decoded in the same batch.
  public var decodeTokensPerSecond: Double
  /// nil until the answer was scored on the full cache.
  public var agreement: Agreement?

  /// In the order of the properties; not yet scored.
  public init(
    column: ComparisonColumn, text: String, tokens: Int, finish: FinishReason, budget: Double,
    bytesKept: Int, bytesFull: Int, imageEntries: Int, textEntries: Int,
    decodeTokensPerSecond: Double, agreement: Agreement? = nil
  ) {
    self.column = column
    self.text = text
    self.tokens = tokens
    self.finish = finish
    self.budget = budget
    self.bytesKept = bytesKept
    self.bytesFull = bytesFull
    self.imageEntries = imageEntries
    self.textEntries = textEntries
    self.decodeTokensPerSecond = decodeTokensPerSecond
    self.agreement = agreement
  }
}

/// What happens while budgets are compared, in order. Columns are counted from 0.
public enum ComparisonEvent: Sendable, Equatable {
  case began([ComparisonColumn])
  /// New text of a column's answer; whole characters only.
  case token(column: Int, text: String)
  /// A column's answer has ended.
  case finished(column: Int, ComparedAnswer)
  /// A column's answer was scored on the full cache.
  case scored(column: Int, Agreement)
  /// All of it is done; columns can be continued with.
  case ended
}
