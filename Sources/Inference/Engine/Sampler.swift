import Foundation

/// How the next token is chosen.
public struct SamplingOptions: Sendable, Equatable {
  /// 0 always takes the likeliest token.
  public var temperature: Double
  /// Smallest set of tokens whose probabilities reach this sum, in (0, 1].
  public var topP: Double
  public var seed: UInt64
  /// Longest answer, in tokens.
  public var maximumTokens: Int

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
struct Sampler {
  private let options: SamplingOptions
  private var generator: SplitMix64

  init(_ options: SamplingOptions) {
    self.options = options
    generator = SplitMix64(state: options.seed)
  }

  /// - Parameter logits: `[vocabulary]`
  mutating func next(_ logits: [Float]) -> Int {
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

  /// The first of the largest; NaN never wins.
  static func argmax(_ logits: [Float]) -> Int {
    var best = 0
    for (index, value) in logits.enumerated() where value > logits[best] || logits[best].isNaN {
      best = index
    }
    return best
  }
}

/// Steele, Lea and Flood's generator (OOPSLA 2014): small, seedable, the same everywhere.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// Uniform in [0, 1).
  mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
