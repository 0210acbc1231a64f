/// Entries at equal distances from the first to the last, the same in every layer: a baseline.
struct UniformPolicy: RetentionPolicy {
  let name = "uniform"
  let summary = "entries at equal distances, a baseline"
  let needs: Set<RetentionNeed> = []

  func plan(_ context: RetentionContext) -> RetentionPlan {
    let mean = Double(context.positions) * (1 - context.budget.forgotten)
    let forget = context.forgetting(keeping: Array(repeating: mean, count: context.layers))
    return context.plan(
      forgetting: forget,
      orders: forget.map { Self.order(keeping: context.positions - $0, of: context.positions) })
  }

  /// All positions, those to be forgotten first.
  static func order(keeping count: Int, of positions: Int) -> [Int32] {
    let kept = (0..<count).map { Int32($0 * (positions - 1) / max(1, count - 1)) }
    let stays = Set(kept)
    return (0..<Int32(positions)).filter { !stays.contains($0) } + kept
  }
}
