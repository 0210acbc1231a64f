/// PrefixKV: one cumulative-importance threshold for all layers, found for this very prompt, so
/// that layers with concentrated attention keep few entries and layers with flat attention keep
/// many.
///
/// Source: Wang et al., https://arxiv.org/abs/2412.03409 (the repository's "profile" run).
struct PrefixKVPolicy: RetentionPolicy {
  let name = "prefixkv"
  let summary = "one importance threshold for all layers, searched for each prompt"
  let needs: Set<RetentionNeed> = [.importance, .decodeAttention]

  func plan(_ context: RetentionContext) -> RetentionPlan {
    context.thresholdPlan(context.ranking)
  }
}
