/// Elastic Cache as its repository implements it, its mistakes included: evicted entries are merged
/// into retained ones, and ranks are confused with indices.
///
/// Let `order` be the indices of positions 1 to the last but one, sorted by importance. If
/// `order[q]` exceeds the number to forget, position `q + 1` is retained. Otherwise position `q`
/// (not `q + 1`) is merged into the nearest retained one, which may be that entry itself. The
/// policy keeps one entry less than the budget allows. A prompt that forgets exactly one entry
/// loses its first.
///
/// Source: Liu et al., "Efficient Inference of Vision Instruction-Following Models with Elastic
/// Cache", https://arxiv.org/abs/2407.18121, `ElasticCache` of
/// https://github.com/liuzuyan/ElasticCache.
struct ElasticReferencePolicy: PublishedBaseline {
  let name = "elastic-reference"
  let summary = "Elastic Cache as published: merges what it evicts; its selection is not top-k"
  let needs: Set<RetentionNeed> = [.importance]

  func plan(_ context: RetentionContext) -> RetentionPlan {
    let forgotten = context.budget.forgotten
    let positions = context.positions
    let forget = uniformExcess(length: positions, seen: positions, forgotten: forgotten)
    guard forget > 1 else {
      let kept = Array(Int32(forget)..<Int32(positions))
      return RetentionPlan(
        kept: Array(repeating: kept, count: context.layers),
        decode: ElasticEviction(forgotten: forgotten, slot: 0))
    }
    let recent = context.protectedRecent(kept: positions - 1 - forget)
    var plan = RetentionPlan(
      kept: [],
      decode: ElasticEviction(
        forgotten: forgotten, slot: positions - forget - SlidingEviction.distance))
    for row in context.importance.rows {
      let order = ImportanceRanking.order(of: row[1..<(positions - recent)])
      let selected = order.indices.filter { order[$0] > forget }.map { Int32($0 + 1) }
      let thrown = order.indices.filter { order[$0] <= forget }.map(Int32.init)
      plan.kept.append([0] + selected + (Int32(positions - recent)..<Int32(positions)))
      plan.merges.append(Merge.intoNearest(thrown, targets: selected))
    }
    return plan
  }

  func scores(_ context: RetentionContext) -> [[Float]] { context.importance.rows }

  func candidates(_ context: RetentionContext) -> Range<Int> { 1..<(context.positions - 1) }
}

/// Removes the slot that was fixed at the prompt's end, the same one in every layer.
struct ElasticEviction: DecodeEviction {
  let basis = EvictionBasis.lengths
  let forgotten: Double
  /// The slot; a negative one counts from the end, as Python slices do.
  let slot: Int

  func slots(layer: Int, length: Int, seen: Int) -> Range<Int> {
    guard uniformExcess(length: length, seen: seen, forgotten: forgotten) > 0, length > 1 else {
      return 0..<0
    }
    var slot = slot < 0 ? length + self.slot : self.slot
    // The reference breaks down here (it would double its cache, or never evict); we take the middle.
    if slot < 0 || slot >= length - 1 { slot = length / 2 }
    return slot..<slot + 1
  }
}
