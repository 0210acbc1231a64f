/// From numbers of entries to forget to the positions that stay.
extension RetentionContext {
  /// Entries a layer can lose at most: the first and the last position always stay.
  public var mostForgotten: Int { max(0, positions - 2) }

  /// How many of the last positions are protected in a layer that keeps `kept` entries: `recent`,
  /// but at most half of what is kept, and at least one.
  public func protectedRecent(kept: Int) -> Int { max(1, min(recent, kept / 2)) }

  /// The first of the last positions that are protected in a layer that forgets so many entries.
  public func firstProtected(forgetting forget: Int) -> Int {
    positions - protectedRecent(kept: positions - min(forget, mostForgotten))
  }

  /// One layer's positions without the `forget` least important, ascending. The first position and
  /// the protected recent ones stay in any case.
  ///
  /// - Parameter order: positions by ascending score; by default the context's own ranking.
  public func keepingMostImportant(layer: Int, forget: Int, order: [Int32]? = nil) -> [Int32] {
    let forget = min(forget, mostForgotten)
    guard forget > 0 else { return Array(0..<Int32(positions)) }
    let firstProtected = firstProtected(forgetting: forget)
    var stays = [Bool](repeating: true, count: positions)
    var left = forget
    for position in order ?? ranking.ascending[layer] where left > 0 {
      guard position > 0, position < firstProtected else { continue }
      stays[Int(position)] = false
      left -= 1
    }
    return (0..<Int32(positions)).filter { stays[Int($0)] }
  }

  /// The plan that forgets the least important entries and then holds each layer at its share with
  /// a sliding window.
  ///
  /// - Parameters:
  ///   - forget: `[layers]`: entries to forget.
  ///   - shares: `[layers]`: fraction that each layer forgets while decoding; by default
  ///     `forget / positions`.
  ///   - orders: `[layers][positions]`: positions by ascending score; by default the context's own
  ///     ranking, which needs `.importance`.
  public func plan(
    forgetting forget: [Int], shares: [Double]? = nil, orders: [[Int32]]? = nil,
    threshold: Double? = nil, note: String? = nil
  ) -> RetentionPlan {
    let kept = forget.indices.map {
      keepingMostImportant(layer: $0, forget: forget[$0], order: orders?[$0])
    }
    let shares = shares ?? forget.map { Double($0) / Double(max(1, positions)) }
    return RetentionPlan(
      kept: kept, decode: SlidingEviction(forgotten: shares, kept: kept.map(\.count)),
      firstProtected: forget.map(firstProtected), threshold: threshold, note: note)
  }

  /// Whole numbers of entries to forget, `[layers]`, so that layers keep about `kept[layer]`
  /// entries and all layers together what the budget allows. A layer keeps two entries at least and
  /// all at most.
  public func forgetting(keeping kept: [Double]) -> [Int] {
    let least = Double(positions - mostForgotten)
    let most = Double(positions)
    var kept = kept.map { min(max($0, least), most) }
    let total = max(Double(layers) * least, Double(layers) * most * (1 - budget.forgotten))
    // What the limits took or gave is spread over the layers that have room, a few times over.
    for _ in 0..<layers {
      let difference = total - kept.reduce(0, +)
      let room = kept.map { difference > 0 ? most - $0 : $0 - least }
      let allRoom = room.reduce(0, +)
      guard abs(difference) > 1e-6, allRoom > 1e-6 else { break }
      for layer in kept.indices {
        let share = kept[layer] + difference * room[layer] / allRoom
        kept[layer] = min(max(share, least), most)
      }
    }
    return kept.map { positions - Int(($0 - 1e-9).rounded(.up)) }
  }
}
