/// Layers that compete for one pool of entries.
enum SharedPool {
  /// How many of the `pool` largest scores over all layers each layer has, `[layers]`. Of scores equal
  /// to the least of them, the first layers' count.
  ///
  /// - Parameter scores: `[layers][positions]`, each layer's descending.
  static func counts(of scores: [[some Comparable]], pool: Int) -> [Int] {
    let all = scores.flatMap(\.self).sorted(by: >)
    guard pool > 0, pool <= all.count else { return scores.map { _ in 0 } }
    let least = all[pool - 1]
    var counts = scores.map { row in row.partitioningIndex { $0 <= least } }
    var left = pool - counts.reduce(0, +)
    for layer in counts.indices where left > 0 {
      let equal = min(left, scores[layer].partitioningIndex { $0 < least } - counts[layer])
      counts[layer] += equal
      left -= equal
    }
    return counts
  }
}
