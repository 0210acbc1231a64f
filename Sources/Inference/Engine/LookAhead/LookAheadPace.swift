/// How far it pays to look ahead: from how often guesses were right, and what it costs to compute them.
struct LookAheadPace {
  /// `[longestMatch]`: guesses that were right and wrong after a match of so many tokens. What lies
  /// back counts less and less, so that guessing is tried again some time after it did not pay.
  private var outcomes: [(right: Double, wrong: Double)]
  /// Seconds of a pass over one token; nil before there was one.
  private var single: Double?
  /// What each further token of a pass costs, in passes over one token.
  private var furtherCost: Double
  /// Passes that `furtherCost` is the mean of, the assumption it began with included.
  private var costPasses = 1.0
  private let isMeasured: Bool

  /// Weight of an earlier token's outcome when the next one is there.
  private static let memory = 0.98
  /// How many times as fast as one token at a time a pass must promise to be. Costs and shares are
  /// estimates, so a smaller gain may turn out to be a loss.
  private static let leastGain = 1.1
  /// How often a guess is right after a match of 1, 2, ... tokens, before anything was counted; it
  /// weighs as much as two guesses.
  private static let expected = [0.3, 0.5, 0.7, 0.8]

  /// - Parameter furtherCost: nil where it is to be measured.
  init(furtherCost: Double? = nil) {
    self.furtherCost = furtherCost ?? 0.15
    isMeasured = furtherCost == nil
    outcomes = Array(repeating: (0, 0), count: PromptLookup.longestMatch)
  }

  /// How many tokens to compute in the next pass, that which is known included; 1 where guesses do not
  /// pay.
  ///
  /// - Parameters:
  ///   - match: that of the guess.
  ///   - most: at least 1.
  func tokens(match: Int, most: Int) -> Int {
    guard single != nil || !isMeasured else { return 1 }
    let right = share(match: match)
    var best = (tokens: 1, rate: Self.leastGain)
    var expected = 1.0
    var chance = 1.0
    for tokens in stride(from: 2, through: most, by: 1) {
      chance *= right
      expected += chance
      let rate = expected / (1 + furtherCost * Double(tokens - 1))
      if rate > best.rate { best = (tokens, rate) }
    }
    return best.tokens
  }

  /// The share of guesses that are right after a match.
  func share(match: Int) -> Double {
    let (right, wrong) = outcomes[match - 1]
    return (right + 2 * Self.expected[match - 1]) / (right + wrong + 2)
  }

  /// A pass took so long.
  mutating func record(tokens: Int, seconds: Double) {
    for index in outcomes.indices {
      outcomes[index].right *= Self.memory
      outcomes[index].wrong *= Self.memory
    }
    guard tokens > 1 else {
      single = single.map { $0 + (seconds - $0) / 8 } ?? seconds
      return
    }
    guard let single, isMeasured else { return }
    let cost = max(0, seconds / single - 1) / Double(tokens - 1)
    // The mean at first, so that a wrong assumption does not last; later passes count an eighth.
    costPasses = min(8, costPasses + 1)
    furtherCost += (cost - furtherCost) / costPasses
  }

  /// So many guesses of a pass were right, and whether the one behind them was wrong: a pass may also
  /// end because the answer does.
  mutating func record(match: Int, right: Int, isWrongThen: Bool) {
    outcomes[match - 1].right += Double(right)
    outcomes[match - 1].wrong += isWrongThen ? 1 : 0
  }
}
