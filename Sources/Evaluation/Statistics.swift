import Basics
import Foundation

/// The loss of one sample: a sum over tokens, and their number.
public struct TokenLoss: Sendable, Hashable, Codable {
  /// Negative log-likelihood in nats, summed over the tokens in order.
  public var sum: Double
  /// How many tokens were summed.
  public var tokens: Int

  /// Takes over a known sum.
  public init(sum: Double, tokens: Int) {
    self.sum = sum
    self.tokens = tokens
  }

  /// - Parameter terms: One per answer token.
  public init(terms: some Sequence<Double>) {
    self.init(sum: 0, tokens: 0)
    for term in terms {
      sum += term
      tokens += 1
    }
  }
}

/// Statistics over samples. All of them take the samples in the order of the data set, so that a
/// run in parts gives the same bits as a run in one piece.
public enum Statistics {
  /// The exponential of the mean loss over all tokens of all samples; nil without tokens.
  public static func perplexity(_ losses: some Sequence<TokenLoss>) -> Double? {
    var (sum, tokens) = (0.0, 0)
    for loss in losses {
      sum += loss.sum
      tokens += loss.tokens
    }
    return tokens == 0 ? nil : exp(sum / Double(tokens))
  }

  /// The arithmetic mean; nil without values.
  public static func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// The sample's standard deviation, with n - 1 in the denominator; 0 for fewer than two values.
  public static func standardDeviation(_ values: [Double]) -> Double {
    guard values.count > 1, let mean = mean(values) else { return 0 }
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(values.count - 1)).squareRoot()
  }

  /// Percentile bootstrap: the statistic over samples drawn with replacement.
  ///
  /// The draws depend on the seed and the number of samples only, so intervals of several policies
  /// over the same samples come from the same draws.
  ///
  /// - Returns: nil for fewer than two samples.
  ///
  /// Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
  public static func interval<Sample>(
    of samples: [Sample], confidence: Double = 0.95, draws: Int = 1000, seed: UInt64 = 5,
    statistic: ([Sample]) -> Double?
  ) -> ClosedRange<Double>? {
    guard samples.count > 1 else { return nil }
    var random = SplitMix64(seed: seed)
    var drawn = samples
    var values: [Double] = []
    for _ in 0..<draws {
      for index in drawn.indices { drawn[index] = samples[random.next(below: samples.count)] }
      if let value = statistic(drawn), value.isFinite { values.append(value) }
    }
    guard !values.isEmpty else { return nil }
    values.sort()
    let tail = (1 - confidence) / 2
    return values.quantile(tail)...values.quantile(1 - tail)
  }
}
