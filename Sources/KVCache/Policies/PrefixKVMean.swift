/// PrefixKV's threshold over the mean attention that a position received from the queries that could
/// see it.
///
/// The published importance is a sum over queries. Every query sees the first position and only the
/// last one sees the last, so late positions starve: those of the question above all. Here the sum is
/// divided by the number of queries at or behind the position.
///
/// Source: the division is that of Ren and Zhu, "On the Efficacy of Eviction Policy for Key-Value
/// Constrained Generative Language Model Inference", https://arxiv.org/abs/2402.06262 (mean attention
/// score), applied to PrefixKV, https://arxiv.org/abs/2412.03409.
struct PrefixKVMeanPolicy: RetentionPolicy {
  let name = "prefixkv-mean"
  let summary = "prefixkv over the mean attention of the queries that could see a position"
  let needs: Set<RetentionNeed> = [.importance, .decodeAttention]

  func plan(_ context: RetentionContext) -> RetentionPlan {
    context.thresholdPlan(
      ImportanceRanking(
        context.importance.rows.map { Self.means($0, firstQuery: context.firstQuery) }))
  }

  /// `[positions]`: each sum divided by the number of queries from its position on.
  ///
  /// - Parameter first: the position of the first query that was added.
  static func means(_ sums: [Float], firstQuery first: Int = 0) -> [Float] {
    sums.enumerated().map { position, sum in
      sum / Float(sums.count - max(position, min(first, sums.count - 1)))
    }
  }
}
