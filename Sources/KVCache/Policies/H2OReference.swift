/// H2O as Elastic Cache's repository implements it, its mistakes included: one score vector for all
/// layers, and a selection that confuses ranks with indices.
///
/// The prompt phase keeps the positions `q` whose *entry in the sorted index list* exceeds the
/// number to forget, which is not the set of the heaviest hitters and is one entry less than the
/// budget. The scores are not re-indexed afterwards, so later rows are added to those of other
/// positions. The first position may be evicted. See `heavy-hitter` for the method itself.
///
/// Source: `H2OCache` of https://github.com/liuzuyan/ElasticCache, after Zhang et al.,
/// https://arxiv.org/abs/2306.14048.
struct H2OReferencePolicy: PublishedBaseline {
  let name = "h2o-reference"
  let summary = "H2O as published with Elastic Cache, whose selection is not top-k"
  let needs: Set<RetentionNeed> = [.importance, .decodeAttention]

  func plan(_ context: RetentionContext) -> RetentionPlan {
    let forgotten = context.budget.forgotten
    let positions = context.positions
    let scores = Self.meanOverLayers(context.importance)
    var eviction = H2OReferenceEviction(
      forgotten: forgotten, layers: context.layers, scores: scores)
    var kept = Array(0..<Int32(positions))

    let forget = uniformExcess(length: positions, seen: positions, forgotten: forgotten)
    if forget > 1 {
      let recent = context.protectedRecent(kept: positions - 1 - forget)
      let order = ImportanceRanking.order(of: scores[..<(positions - recent)])
      kept = order.indices.filter { order[$0] > forget }.map(Int32.init)
      kept += Int32(positions - recent)..<Int32(positions)
    } else if forget == 1 {
      let gone = eviction.slots(layer: 0, length: positions, seen: positions)
      kept.removeSubrange(gone)
    }
    return RetentionPlan(kept: Array(repeating: kept, count: context.layers), decode: eviction)
  }

  func scores(_ context: RetentionContext) -> [[Float]] {
    Array(repeating: Self.meanOverLayers(context.importance), count: context.layers)
  }

  func candidates(_ context: RetentionContext) -> Range<Int> { 0..<(context.positions - 1) }

  private static func meanOverLayers(_ importance: Importance) -> [Float] {
    var mean = [Float](repeating: 0, count: importance.positions)
    for row in importance.rows {
      for position in row.indices { mean[position] += row[position] }
    }
    return mean.map { $0 / Float(importance.rows.count) }
  }
}

/// Removes the slot with the smallest score from every layer.
struct H2OReferenceEviction: DecodeEviction {
  let forgotten: Double
  let layers: Int
  /// `[positions]`: the scores of all positions of the prompt, even of evicted ones, so the array
  /// is longer than the cache.
  var scores: [Float]
  /// The new token's attention, summed over the layers so far.
  private var row: [Float] = []
  private var slot = 0..<0

  init(forgotten: Double, layers: Int, scores: [Float]) {
    self.forgotten = forgotten
    self.layers = layers
    self.scores = scores
  }

  mutating func record(layer: Int, attention: UnsafeBufferPointer<Float>) {
    if layer == 0 { row = Array(repeating: 0, count: attention.count) }
    for slot in attention.indices { row[slot] += attention[slot] }
    guard layer == layers - 1 else { return }
    extend(to: row.count)
    for slot in row.indices { scores[slot] += row[slot] / Float(layers) }
  }

  mutating func slots(layer: Int, length: Int, seen: Int) -> Range<Int> {
    guard layer == 0 else { return slot }
    extend(to: length)
    let forget = uniformExcess(length: length, seen: seen, forgotten: forgotten)
    guard forget > 0, length > 2,
      let least = (1..<length - 1).min(by: { scores[$0] < scores[$1] })
    else {
      slot = 0..<0
      return slot
    }
    scores.remove(at: least)
    slot = least..<least + 1
    return slot
  }

  private mutating func extend(to length: Int) {
    scores += repeatElement(0, count: max(0, length - scores.count))
  }
}
