/// Layers share one pool of entries: the most attended of all layers together decide how many each
/// gets.
///
/// Each layer's importance is taken as shares of its total; a layer's budget is the number of its
/// entries among the globally largest, mixed with a fifth of the uniform budget as a safeguard (the
/// authors' alpha, 0.2). They allocate between the heads of a layer; heads share a selection in
/// this cache, so that the same rule is applied between layers: an approximation of their method.
///
/// Source: Feng et al., "Ada-KV: Optimizing KV Cache Eviction by Adaptive Budget Allocation for
/// Efficient LLM Inference", https://arxiv.org/abs/2407.11550.
struct AdaKVPolicy: RetentionPolicy {
  let name = "ada"
  let summary = "layers compete for one pool of entries (Ada-KV between layers instead of heads)"
  let needs: Set<RetentionNeed> = [.importance, .decodeAttention]

  static let safeguard = 0.2

  func plan(_ context: RetentionContext) -> RetentionPlan {
    let mean = Double(context.positions) * (1 - context.budget.forgotten)
    let shares = context.ranking.cumulative.map { sums in
      sums.indices.map { sums[$0] - ($0 > 0 ? sums[$0 - 1] : 0) }
    }
    let counts = SharedPool.counts(of: shares, pool: Int(mean * Double(context.layers)))
    let kept = counts.map { (1 - Self.safeguard) * Double($0) + Self.safeguard * mean }
    return context.plan(forgetting: context.forgetting(keeping: kept))
  }
}
