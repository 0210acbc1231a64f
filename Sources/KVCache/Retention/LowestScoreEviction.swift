/// A rule that scores a layer's slots while an answer is decoded, and evicts the one with the lowest
/// score.
protocol LowestScoreEviction: DecodeEviction {
  /// `[layers][slots]`: the larger, the longer a slot's entry stays.
  var scores: [[Float]] { get set }
}

extension LowestScoreEviction {
  /// Makes room for new slots, which begin without attention.
  mutating func extend(_ layer: Int, to length: Int) {
    scores[layer] += repeatElement(0, count: max(0, length - scores[layer].count))
  }

  /// Removes the lowest score of a layer that is longer than its share, but never the first or the most
  /// recent ones.
  ///
  /// - Parameters:
  ///   - length: entries of the layer, the new one included.
  ///   - seen: positions seen, the new one included.
  ///   - forgotten: the fraction that the layer forgets, in [0, 1].
  ///   - recent: most recent entries that stay.
  /// - Returns: the slot whose score went; empty where nothing is to be evicted.
  mutating func removeLowest(
    layer: Int, length: Int, seen: Int, forgotten: Double, recent: Int
  ) -> Range<Int> {
    extend(layer, to: length)
    let forget = uniformExcess(length: length, seen: seen, forgotten: forgotten)
    let candidates = 1..<max(1, length - recent)
    guard forget > 0, let slot = candidates.min(by: { scores[layer][$0] < scores[layer][$1] })
    else { return 0..<0 }
    scores[layer].remove(at: slot)
    return slot..<slot + 1
  }
}
