import Basics

/// Entries drawn at random, the same number in every layer: a baseline that every rule must beat.
///
/// The draw is fixed by layer and position, so that a larger budget keeps what a smaller one kept and
/// a run can be repeated.
struct RandomPolicy: RetentionPolicy {
  let name = "random"
  let summary = "entries drawn at random, a baseline"
  let needs: Set<RetentionNeed> = []

  func plan(_ context: RetentionContext) -> RetentionPlan {
    context.uniformPlan(
      (0..<context.layers).map { layer in
        (0..<context.positions).map { Self.draw(layer: layer, position: $0) }
      })
  }

  /// A random number in (0, 1], always the same for a layer and position.
  static func draw(layer: Int, position: Int) -> Float {
    var random = SplitMix64(seed: UInt64(layer) << 32 | UInt64(position))
    return Float(random.next() >> 40 + 1) * 0x1p-24
  }
}
