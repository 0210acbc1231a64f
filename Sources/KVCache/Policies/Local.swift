/// The first entry and the most recent ones, the same number in every layer.
///
/// Source: Xiao et al., "Efficient Streaming Language Models with Attention Sinks",
/// https://arxiv.org/abs/2309.17453, with one sink, as Elastic Cache's repository compares with it.
struct LocalPolicy: RetentionPolicy {
  let name = "local"
  let summary = "the first entry and the most recent ones"
  let needs: Set<RetentionNeed> = []

  func plan(_ context: RetentionContext) -> RetentionPlan {
    let eviction = LocalEviction(forgotten: context.budget.forgotten)
    let positions = context.positions
    let gone = eviction.slots(layer: 0, length: positions, seen: positions)
    let kept = (0..<positions).filter { !gone.contains($0) }.map(Int32.init)
    return RetentionPlan(kept: Array(repeating: kept, count: context.layers), decode: eviction)
  }
}

/// Removes entries 1, 2, ... while the layer is longer than its share.
struct LocalEviction: DecodeEviction {
  let basis = EvictionBasis.lengths
  let forgotten: Double

  func slots(layer: Int, length: Int, seen: Int) -> Range<Int> {
    let forget = uniformExcess(length: length, seen: seen, forgotten: forgotten)
    return 1..<max(1, min(forget + 1, length - 1))
  }
}
