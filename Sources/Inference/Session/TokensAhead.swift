import KVCache

/// A token of an answer and guesses at those that follow it, computed in one pass. The sequence is as it
/// was before; `InferenceSession.take` goes on by one of these tokens as if it had been decoded alone.
final class TokensAhead {
  let tokens: [Int]
  fileprivate let rows: RowsAhead
  /// `[tokens, vocabulary]`: what follows each token.
  fileprivate let logits: [Float]
  fileprivate let isWatched: Bool
  /// Positions seen before the first token, and the plan under which they were computed.
  private let start: Int
  private let plans: Int
  fileprivate(set) var taken = 0

  fileprivate init(
    _ tokens: [Int], _ rows: RowsAhead, logits: [Float], isWatched: Bool,
    in session: InferenceSession
  ) {
    self.tokens = tokens
    self.rows = rows
    self.logits = logits
    self.isWatched = isWatched
    start = session.cache.seen
    plans = session.retention.plans
  }

  /// Whether a token is the next one of these, and the sequence still what it was computed for: a change
  /// of budget or policy, or going back, changes what a token attends to.
  func isNext(_ token: Int, of session: InferenceSession, isWatched: Bool) -> Bool {
    taken < tokens.count && tokens[taken] == token && session.cache.seen == start + taken
      && session.retention.plans == plans && (self.isWatched || !isWatched)
  }
}

extension InferenceSession {
  /// The most tokens of one pass: as many as the kernels of all instruction sets multiply like single
  /// ones, and as most hold in registers together.
  static let mostTokensAhead = 8

  /// Computes several tokens that may follow, and changes nothing.
  ///
  /// - Parameters:
  ///   - tokens: at least two, at most `mostTokensAhead`.
  ///   - isWatched: whether what each of them attends to is wanted.
  /// - Returns: nil where they can only be decoded one after the other: because the policy's evictions
  ///   or the position rule want that, memory or context end, or their numbers overflow.
  /// - Throws: `WeightError` when the model's file was changed after it was opened.
  func computeAhead(_ tokens: [Int], isWatched: Bool) throws -> TokensAhead? {
    let count = tokens.count
    guard positionRule == .true, cache.seen + count <= model.configuration.text.context,
      let rows = retention.rowsAhead(count)
    else { return nil }
    // One token may find the memory that several do not.
    do { try cache.reserve(count) } catch { return nil }
    let hidden = try model.language.embeddings(of: tokens)
    var observing = ObservationRequest.nothing
    observing.received = retention.recordsDecodedTokens || isWatched
    let step = SequenceStep(
      cache: cache, angles: model.language.angles(cache.seen..<cache.seen + count, reach: reach),
      phase: .decode, observing: observing, ahead: rows)
    do {
      let output = try model.language.forward(hidden, [step], logitsOf: Array(tokens.indices))
      return TokensAhead(tokens, rows, logits: output.logits, isWatched: isWatched, in: self)
    } catch ModelError.overflow {
      // Perhaps that of a wrong guess.
      return nil
    }
  }

  /// Goes on by the next of the tokens that were computed ahead: `ahead.isNext` must hold for it.
  ///
  /// - Returns: logits of what follows, `[vocabulary]`, and what the token attended to, where wanted.
  /// - Throws: as `decode`.
  func take(_ ahead: TokensAhead) throws -> (logits: [Float], attention: TokenAttention?) {
    let row = ahead.taken
    try cache.append(row, of: ahead.rows, segment: .assistant)
    ahead.taken += 1
    let observation = ahead.rows.observations[row]
    let attention = ahead.isWatched ? TokenAttention(observation, over: cache) : nil
    retention.record(decoded: observation)
    try retention.stepCompleted()
    let vocabulary = ahead.logits.count / ahead.tokens.count
    return (Array(ahead.logits[row * vocabulary..<(row + 1) * vocabulary]), attention)
  }
}
