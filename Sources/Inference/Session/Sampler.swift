import Basics
import Foundation

/// How the next token is chosen.
public struct SamplingOptions: Sendable, Equatable {
  /// Divides the logits, at least 0; 0 always takes the likeliest token.
  public var temperature: Double
  /// A probability in (0, 1]: tokens are drawn from the smallest set of likeliest tokens that
  /// reaches it.
  public var topP: Double
  /// Two answers with the same seed are the same.
  public var seed: UInt64
  /// Longest answer, in tokens.
  public var maximumTokens: Int

  /// By default the likeliest token is taken.
  public init(
    temperature: Double = 0, topP: Double = 1, seed: UInt64 = 0, maximumTokens: Int = 1024
  ) {
    self.temperature = temperature
    self.topP = topP
    self.seed = seed
    self.maximumTokens = maximumTokens
  }
}

/// Greedy or nucleus sampling; the same seed gives the same answer.
///
/// Nucleus sampling: Holtzman et al., arXiv 1904.09751.
package struct Sampler {
  private let options: SamplingOptions
  private var generator: SplitMix64

  package init(_ options: SamplingOptions) {
    self.options = options
    generator = SplitMix64(seed: options.seed)
  }

  /// Chooses a token.
  ///
  /// - Parameter logits: `[vocabulary]`
  package mutating func next(_ logits: [Float]) -> Int {
    guard options.temperature > 0 else { return Self.argmax(logits) }
    let peak = Double(logits[Self.argmax(logits)])
    let weights = logits.map { exp((Double($0) - peak) / options.temperature) }
    let order = weights.indices.sorted { weights[$0] > weights[$1] }
    let total = weights.reduce(0, +)
    var kept = 0.0
    var nucleus = 0
    while nucleus < order.count, nucleus == 0 || kept < options.topP * total {
      kept += weights[order[nucleus]]
      nucleus += 1
    }
    var target = generator.unit() * kept
    for index in order[..<nucleus] {
      target -= weights[index]
      if target <= 0 { return index }
    }
    return order[nucleus - 1]
  }

  /// The index of the largest logit, the first of equals; NaN never wins.
  package static func argmax(_ logits: [Float]) -> Int {
    logits.withUnsafeBufferPointer { argmax($0) }
  }

  /// The same of logits that lie elsewhere.
  static func argmax(_ logits: UnsafeBufferPointer<Float>) -> Int {
    var best = 0
    for (index, value) in logits.enumerated() where value > logits[best] || logits[best].isNaN {
      best = index
    }
    return best
  }
}
