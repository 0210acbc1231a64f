/// Whether answers look ahead.
public enum LookAheadSetting: String, Sendable, CaseIterable {
  case off
  /// Where the text suggests how it goes on, and as far as that pays.
  case auto
}

/// What looking ahead did for an answer.
public struct LookAheadReport: Sendable, Equatable {
  /// Passes over several tokens.
  public var passes = 0
  /// Guesses in them.
  public var guessed = 0
  /// Guesses that were right: tokens that took no pass of their own.
  public var accepted = 0

  public init(passes: Int = 0, guessed: Int = 0, accepted: Int = 0) {
    self.passes = passes
    self.guessed = guessed
    self.accepted = accepted
  }
}

/// Decodes an answer's tokens, several in a pass where the text suggests how it goes on. Every token,
/// what is evicted after it and what is recorded of it are as without.
final class LookAhead {
  private(set) var report = LookAheadReport()
  private var pace: LookAheadPace
  private var lookup: PromptLookup
  private var ahead: TokensAhead?
  /// Of the guesses in `ahead`.
  private var match = 0

  /// - Parameters:
  ///   - text: the conversation so far, with `PromptLookup.noToken` in place of a picture.
  ///   - pace: how far it paid in earlier answers.
  init(after text: [Int], pace: LookAheadPace) {
    lookup = PromptLookup(text)
    self.pace = pace
  }

  /// Goes on by a token.
  ///
  /// - Parameters:
  ///   - isWatched: whether what it attends to is wanted.
  ///   - room: tokens that may follow in this answer: no more are guessed.
  /// - Returns: logits of the next token, `[vocabulary]`, and what this one attended to.
  /// - Throws: as `InferenceSession.decode`.
  func decode(
    _ token: Int, in session: InferenceSession, isWatched: Bool, room: Int
  ) throws -> (logits: [Float], attention: TokenAttention?) {
    lookup.append(token)
    if let ahead, ahead.isNext(token, of: session, isWatched: isWatched) {
      report.accepted += 1
      return try session.take(ahead)
    }
    settle(next: token)
    if let guess = lookup.guess(InferenceSession.mostTokensAhead - 1) {
      let most = 1 + min(guess.tokens.count, room)
      let count = pace.tokens(match: guess.match, most: most)
      if count > 1 {
        let tokens = [token] + guess.tokens.prefix(count - 1)
        let start = ContinuousClock.now
        if let ahead = try session.computeAhead(tokens, isWatched: isWatched) {
          pace.record(tokens: count, seconds: (ContinuousClock.now - start) / .seconds(1))
          self.ahead = ahead
          match = guess.match
          report.passes += 1
          report.guessed += count - 1
          return try session.take(ahead)
        }
      }
    }
    let start = ContinuousClock.now
    let alone = try InferenceSession.feed([(session, [token])], watching: isWatched ? 0 : nil)
    pace.record(tokens: 1, seconds: (ContinuousClock.now - start) / .seconds(1))
    return alone
  }

  /// The answer has ended.
  ///
  /// - Returns: how far it paid, for the next answer.
  func end() -> LookAheadPace {
    settle(next: nil)
    return pace
  }

  /// Counts what became of the last pass's guesses.
  private func settle(next token: Int?) {
    guard let ahead else { return }
    let isWrong =
      ahead.taken < ahead.tokens.count && token.map { $0 != ahead.tokens[ahead.taken] } == true
    pace.record(match: match, right: ahead.taken - 1, isWrongThen: isWrong)
    self.ahead = nil
  }
}
