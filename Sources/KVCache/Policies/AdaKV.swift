/// Layers share one pool of entries: a layer gets as many as it has among the most attended entries
/// of all layers.
///
/// Each layer's importance is divided by its total before layers are compared. A fifth of each
/// layer's budget is the uniform one, as a safeguard (the authors' alpha, 0.2). The authors
/// allocate between the heads of a layer. Heads share a selection in this cache, so the same rule
/// is applied between layers: an approximation of their method.
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
