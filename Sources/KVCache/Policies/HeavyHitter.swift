/// Keeps the entries with the most accumulated attention, the same number in every layer. While
/// decoding, each layer evicts its least attended entry.
///
/// Source: Zhang et al., "H2O: Heavy-Hitter Oracle for Efficient Generative Inference of Large
/// Language Models", https://arxiv.org/abs/2306.14048, with one selection for all heads of a layer.
/// What other work calls H2O in its comparisons is `h2o-reference`.
struct HeavyHitterPolicy: RetentionPolicy {
  let name = "heavy-hitter"
  let summary = "the most attended entries of each layer, the same number in all"
  let needs: Set<RetentionNeed> = [.importance, .decodeAttention]

  func plan(_ context: RetentionContext) -> RetentionPlan {
    let forgotten = context.budget.forgotten
    let positions = context.positions
    let forget = uniformExcess(length: positions, seen: positions, forgotten: forgotten)
    let kept = (0..<context.layers).map { context.keepingMostImportant(layer: $0, forget: forget) }
    let scores = zip(kept, context.importance.rows).map { kept, row in kept.map { row[Int($0)] } }
    let recent = context.protectedRecent(kept: kept.first?.count ?? 0)
    return RetentionPlan(
      kept: kept,
      decode: HeavyHitterEviction(forgotten: forgotten, recent: recent, scores: scores),
      firstProtected: kept.map { _ in context.firstProtected(forgetting: forget) })
  }
}

/// Removes a layer's least attended entry while the layer is longer than its share, but never the
/// first or the most recent ones.
struct HeavyHitterEviction: LowestScoreEviction {
  let basis = EvictionBasis.attention
  let forgotten: Double
  let recent: Int
  /// `[layers][slots]`: accumulated attention.
  var scores: [[Float]]

  mutating func record(layer: Int, attention: UnsafeBufferPointer<Float>) {
    extend(layer, to: attention.count)
    for slot in attention.indices { scores[layer][slot] += attention[slot] }
  }

  mutating func slots(layer: Int, length: Int, seen: Int) -> Range<Int> {
    removeLowest(layer: layer, length: length, seen: seen, forgotten: forgotten, recent: recent)
  }
}
