/// PrefixKV's threshold over scores that also know what a single head looks at, and how much its value
/// can say.
///
/// The published importance is a mean over heads and a sum over queries, so an entry that one head
/// needs for one question sinks below entries that every head glances at. Here an entry has the larger
/// of two shares of its layer: that of the published importance, and that of its peak, the largest
/// attention that any head gave it in the prompt's last queries. The importance is that from all
/// prompts, with recall, too: the picture's own queries say what any question may need. The share is
/// multiplied by the length of the entry's value, since attention moves an output by as much as the
/// value is long. While the answer is decoded, the entry with the lowest score goes, not the one in a
/// fixed slot.
///
/// Source: the threshold is PrefixKV's, https://arxiv.org/abs/2412.03409. A maximum over heads and queries
/// is KVzip's score, there over a second pass, https://arxiv.org/abs/2505.23416. The value's length
/// is that of Guo et al., https://arxiv.org/abs/2406.12335.
struct PrefixKVPeakPolicy: RetentionPolicy {
  let name = "prefixkv-peak"
  let summary = "prefixkv that also keeps what a single head looks at, weighted by its value"
  let needs: Set<RetentionNeed> = [.importance, .peaks, .valueLengths, .decodeAttention]

  func plan(_ context: RetentionContext) throws -> RetentionPlan {
    let scores = try (0..<context.layers).map { layer in
      Self.scores(
        importance: context.history.rows[layer], peaks: context.peaks.rows[layer],
        lengths: try context.valueLengths(layer: layer))
    }
    var plan = context.thresholdPlan(ImportanceRanking(scores))
    // Nothing is evicted at 100 %, and looking ahead is quickest where that does not hang on attention.
    guard context.budget.forgotten > 0 else { return plan }
    plan.decode = FadingEviction(
      forgotten: plan.kept.map { 1 - Double($0.count) / Double(max(1, context.positions)) },
      scores: zip(plan.kept, scores).map { kept, row in kept.map { row[Int($0)] } })
    return plan
  }

  /// `[positions]`: shares of the layer's total.
  ///
  /// - Parameters:
  ///   - importance: `[positions]`
  ///   - peaks: `[positions]`
  ///   - lengths: `[positions]`, of the values.
  static func scores(importance: [Float], peaks: [Float], lengths: [Float]) -> [Float] {
    let (sums, peaks) = (shares(importance), shares(peaks))
    return shares(lengths.indices.map { max(sums[$0], peaks[$0]) * lengths[$0] })
  }

  private static func shares(_ row: [Float]) -> [Float] {
    let total = row.reduce(0, +)
    return total > 0 ? row.map { $0 / total } : row
  }
}
