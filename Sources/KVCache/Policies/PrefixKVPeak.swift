import Foundation

/// PrefixKV's threshold over scores that also know what a single head looks at, and how much its value
/// can say.
///
/// The published importance is a mean over heads and a sum over queries, so an entry that one head
/// needs for one question sinks below entries that every head glances at. Here an entry has the larger
/// of two shares of its layer: that of the published importance, and that of its peak, the largest
/// attention that any head gave it in the prompt's last queries. The importance is that from all
/// prompts, with recall, too: the picture's own queries say what any question may need. The share is
/// multiplied by the length of the entry's value, since attention moves an output by as much as the
/// value is long; where few entries can stay, by the square of the length. While the answer is decoded,
/// the entry with the lowest score goes, not the one in a fixed slot.
///
/// Source: the threshold is PrefixKV's, https://arxiv.org/abs/2412.03409. A maximum over heads and queries
/// is KVzip's score, there over a second pass, https://arxiv.org/abs/2505.23416. The value's length
/// is that of Guo et al., https://arxiv.org/abs/2406.12335. The power of the length was found by tuning
/// (docs/evaluation.md).
struct PrefixKVPeakPolicy: RetentionPolicy {
  let name = "prefixkv-peak"
  let summary = "prefixkv that also keeps what a single head looks at, weighted by its value"
  let needs: Set<RetentionNeed> = [.importance, .peaks, .valueLengths, .decodeAttention]

  func plan(_ context: RetentionContext) throws -> RetentionPlan {
    let scarcity = Self.scarcity(kept: 1 - context.budget.forgotten)
    let scores = try (0..<context.layers).map { layer in
      Self.scores(
        importance: context.history.rows[layer], peaks: context.peaks.rows[layer],
        lengths: try context.valueLengths(layer: layer), scarcity: scarcity)
    }
    var plan = context.thresholdPlan(ImportanceRanking(scores))
    // Nothing is evicted at 100 %, and looking ahead is quickest where that does not hang on attention.
    guard context.budget.forgotten > 0 else { return plan }
    plan.decode = FadingEviction(
      forgotten: plan.kept.map { 1 - Double($0.count) / Double(max(1, context.positions)) },
      scores: zip(plan.kept, scores).map { kept, row in kept.map { row[Int($0)] } })
    return plan
  }

  /// How scarce room is: 0 down to a budget of two fifths, 1 from a fifth on, in between in proportion.
  ///
  /// - Parameter kept: the fraction of the entries that stays.
  static func scarcity(kept: Double) -> Float { Float(min(1, max(0, (0.4 - kept) / 0.2))) }

  /// `[positions]`: shares of the layer's total.
  ///
  /// - Parameters:
  ///   - importance: `[positions]`
  ///   - peaks: `[positions]`
  ///   - lengths: `[positions]`, of the values.
  ///   - scarcity: in [0, 1]; the power of the length is 1 more.
  static func scores(
    importance: [Float], peaks: [Float], lengths: [Float], scarcity: Float
  ) -> [Float] {
    let (sums, peaks) = (shares(importance), shares(peaks))
    let longest = max(lengths.max() ?? 0, .leastNormalMagnitude)
    return shares(
      lengths.indices.map { position in
        // Relative to the longest one, so that no square overflows.
        let length = lengths[position] / longest
        return max(sums[position], peaks[position]) * pow(length, 1 + scarcity)
      })
  }

  private static func shares(_ row: [Float]) -> [Float] {
    let total = row.reduce(0, +)
    return total > 0 ? row.map { $0 / total } : row
  }
}
