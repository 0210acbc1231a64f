/// Holds every layer at its share: when a layer has one entry too many, the one with the lowest score
/// goes, but never the first or the most recent ones.
///
/// A score is an average of shares of attention in which each decoded token counts a sixteenth, and
/// what was before fades. So an entry that the answer has no more use for makes room for what it
/// looks at now, and an entry of the answer itself stands beside those of the prompt in the same unit.
/// Weighing only the last query would be TOVA's rule (Oren et al., https://arxiv.org/abs/2401.06104),
/// weighing all alike H2O's (https://arxiv.org/abs/2306.14048).
struct FadingEviction: LowestScoreEviction {
  let basis = EvictionBasis.attention
  /// The weight of one token's attention.
  static let rate: Float = 1 / 16
  /// Most recent entries that stay, at most half of a layer's.
  static let recent = 8

  /// `[layers]`: fraction that each layer forgets.
  let forgotten: [Double]
  /// `[layers][slots]`: shares of the layer's attention.
  var scores: [[Float]]

  mutating func record(layer: Int, attention: UnsafeBufferPointer<Float>) {
    extend(layer, to: attention.count)
    for slot in attention.indices {
      scores[layer][slot] += Self.rate * (attention[slot] - scores[layer][slot])
    }
  }

  mutating func slots(layer: Int, length: Int, seen: Int) -> Range<Int> {
    removeLowest(
      layer: layer, length: length, seen: seen, forgotten: forgotten[layer],
      recent: min(Self.recent, max(1, length / 2)))
  }
}
