@testable import KVCache

/// Keeps the entries with the shortest keys: a key of small norm tends to be attended to by many
/// later queries.
///
/// Source: Devoto et al., "A Simple and Effective L2 Norm-Based Strategy for KV Cache Compression",
/// https://arxiv.org/abs/2406.11430.
struct KeyNormPolicy: RetentionPolicy {
  let name = "key-norm"
  let summary = "the entries with the shortest keys"
  let needs: Set<RetentionNeed> = [.keys]

  func plan(_ context: RetentionContext) throws -> RetentionPlan {
    let mean = Double(context.positions) * (1 - context.budget.forgotten)
    let kept = Array(repeating: mean, count: context.layers)
    let scores = try (0..<context.layers).map { layer in
      Self.scores(keys: try context.keys(layer: layer), positions: context.positions)
    }
    return context.plan(
      forgetting: context.forgetting(keeping: kept), orders: ImportanceRanking(scores).ascending)
  }

  /// `[positions]`: larger for shorter keys, never negative.
  static func scores(keys: [Float], positions: Int) -> [Float] {
    let width = keys.count / max(1, positions)
    return (0..<positions).map { position in
      let key = keys[position * width..<(position + 1) * width]
      return 1 / (1 + key.reduce(0) { $0 + $1 * $1 }.squareRoot())
    }
  }
}
