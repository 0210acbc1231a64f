import Foundation

/// How the decoder rotates queries and keys to their positions.
///
/// Pair `k` of a head's first `dimensions` values is rotated by `position · θ^(-2k / dimensions)`, where
/// `scaling` may slow it down. The other values are not rotated.
public struct RotaryConfiguration: Sendable, Equatable {
  /// θ
  public var base: Double
  /// Values of a head that are rotated; even.
  public var dimensions: Int
  /// How the angles are stretched for contexts beyond that of the first training.
  public var scaling = Scaling.none
  /// The factor of cosines and sines; 1 except for longrope.
  public var magnitude: Float = 1

  /// Ways to extend the context beyond that of the first training.
  ///
  /// Source: `modeling_rope_utils.py` in transformers.
  public enum Scaling: Sendable, Equatable {
    case none
    /// All pairs are rotated `factor` times slower.
    case linear(factor: Double)
    /// Pairs whose wavelength exceeds `original / low` positions are rotated `factor` times slower,
    /// those below `original / high` as before, and those between by a mixture.
    case llama3(factor: Double, low: Double, high: Double, original: Int)
    /// Each pair has a divisor of its own, `[dimensions / 2]`: one list for sequences of up to
    /// `original` positions, one for longer ones.
    case longrope(short: [Float], long: [Float], original: Int)
    /// Each pair has a divisor of its own, `[dimensions / 2]`: GGUF's form of `llama3`.
    case divided(by: [Float])
  }

  /// `[dimensions / 2]`: angle in radians by which a pair is rotated from one position to the next.
  ///
  /// - Parameter reach: the most positions that the sequence may come to have. Frequencies must not
  ///   change while keys are in the cache, so this is fixed once for a sequence.
  public func frequencies(reach: Int) -> [Float] {
    let plain = (0..<dimensions / 2).map { pair in
      1 / pow(Float(base), Float(2 * pair) / Float(dimensions))
    }
    switch scaling {
    case .none: return plain
    case .linear(let factor): return plain.map { $0 / Float(factor) }
    case .llama3(let factor, let low, let high, let original):
      return plain.map { Self.llama3($0, factor, low, high, original) }
    case .longrope(let short, let long, let original):
      return zip(plain, reach > original ? long : short).map { $0 / $1 }
    case .divided(let divisors): return zip(plain, divisors).map { $0 / $1 }
    }
  }

  private static func llama3(
    _ frequency: Float, _ factor: Double, _ low: Double, _ high: Double, _ original: Int
  ) -> Float {
    let wavelength = 2 * Double.pi / Double(frequency)
    let slowed = frequency / Float(factor)
    if wavelength > Double(original) / low { return slowed }
    if wavelength < Double(original) / high { return frequency }
    let kept = Float((Double(original) / wavelength - low) / (high - low))
    return (1 - kept) * slowed + kept * frequency
  }

  /// For people: "base 10000, llama3 scaling by 8".
  public var summary: String {
    let name =
      switch scaling {
      case .none: ""
      case .linear(let factor): ", linear scaling by \(factor.formatted)"
      case .llama3(let factor, _, _, let original):
        ", llama3 scaling by \(factor.formatted) beyond \(original)"
      case .longrope(_, _, let original): ", longrope beyond \(original)"
      case .divided: ", divisors of its own"
      }
    return "\(base.formatted)\(name)"
  }
}

extension Double {
  fileprivate var formatted: String {
    self == rounded() && magnitude < 1e15 ? "\(Int(self))" : "\(self)"
  }
}
