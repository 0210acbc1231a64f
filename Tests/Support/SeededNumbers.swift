import Basics

/// Numbers that are the same in every run.
public struct SeededNumbers {
  private var random: SplitMix64

  public init(_ seed: UInt64) { random = SplitMix64(seed: seed) }

  /// Uniform in [-1, 1).
  public mutating func next() -> Float { Float(2 * random.unit() - 1) }

  /// `count` numbers in [-scale, scale).
  public mutating func floats(_ count: Int, scale: Float = 1) -> [Float] {
    (0..<count).map { _ in next() * scale }
  }
}
