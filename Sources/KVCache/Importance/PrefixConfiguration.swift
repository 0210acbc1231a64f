/// How many entries each layer forgets, found by PrefixKV's search for one global threshold.
///
/// A layer's prefix is the shortest run of its most important entries whose importance adds up to
/// the threshold; binary search finds the threshold at which the prefixes of all layers together
/// meet the budget. Source: Wang et al., "PrefixKV: Adaptive Prefix KV Cache is What Vision
/// Instruction-Following Models Need for Efficient Generation", https://arxiv.org/abs/2412.03409.
public struct PrefixConfiguration: Sendable, Equatable {
  /// `[layers]`: entries to forget, after scaling to the budget.
  public var forget: [Int]
  /// `[layers]`: entries to forget as the search found them, before scaling.
  public var searched: [Int]
  /// The threshold p in [0, 1].
  public var threshold: Double
  /// Steps of the binary search.
  public var iterations: Int

  /// Searches for the threshold that meets a budget.
  ///
  /// There are three differences from the reference. Sums are in double precision. The search always
  /// ends (the reference can halve the interval for ever when many layers jump at the same threshold).
  /// A layer never forgets its first and its last entry: other layers forget more instead.
  ///
  /// - Parameters:
  ///   - cumulative: `[layers][positions]` of `ImportanceRanking`.
  ///   - forgotten: fraction of all entries that is forgotten, in [0, 1).
  public static func search(cumulative: [[Double]], forgotten: Double) -> PrefixConfiguration {
    let positions = cumulative.first?.count ?? 0
    let target = Double(positions * cumulative.count) * forgotten

    func forget(_ threshold: Double) -> [Int] {
      cumulative.map { sums in
        let prefix = sums.partitioningIndex { $0 >= threshold } + 1
        // The first and the last entry are kept besides the prefix.
        return max(0, positions - prefix - 2)
      }
    }
    var low = 0.0
    var high = 1.0
    var threshold = 0.0
    var searched: [Int] = []
    var total = 0
    var iterations = 0
    while low < high {
      threshold = (low + high) / 2
      searched = forget(threshold)
      total = searched.reduce(0, +)
      iterations += 1
      // The tolerance is the reference's: five entries over all layers. When the bounds are neighbouring
      // doubles, their middle equals one of them, and the interval cannot shrink any more.
      if abs(Double(total) - target) < 5 || threshold == low || threshold == high { break }
      if Double(total) < target { high = threshold } else { low = threshold }
    }
    return PrefixConfiguration(
      forget: scaled(searched, to: target, most: max(0, positions - 2)), searched: searched,
      threshold: threshold, iterations: iterations)
  }

  /// Scales counts to a total, rounded down, with at most `most` in each layer. What a layer cannot
  /// lose is spread over the others.
  private static func scaled(_ counts: [Int], to target: Double, most: Int) -> [Int] {
    let total = counts.reduce(0, +)
    // The search found nothing to forget (a short prompt), so the total is spread evenly.
    guard total > 0 else {
      return counts.map { _ in min(most, Int(target / Double(max(1, counts.count)))) }
    }
    var result = counts.map { Int(Double($0) * target / Double(total)) }
    while result.contains(where: { $0 > most }) {
      let full = result.indices.filter { result[$0] >= most }
      let rest = result.indices.filter { result[$0] < most }
      for layer in full { result[layer] = most }
      let wanted = target - Double(full.count * most)
      let have = rest.reduce(0) { $0 + counts[$1] }
      for layer in rest {
        let share = have > 0 ? Double(counts[layer]) / Double(have) : 1 / Double(rest.count)
        result[layer] = Int(wanted * share)
      }
    }
    return result
  }
}
