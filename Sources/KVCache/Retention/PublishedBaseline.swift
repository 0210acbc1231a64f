/// A baseline that is kept as it was published, mistakes included. It says by which scores it means
/// to choose, so that the distance of its choice from the intended one can be measured.
public protocol PublishedBaseline: RetentionPolicy {
  /// `[layers][positions]`: what it means to choose by; a higher score is to be kept.
  func scores(_ context: RetentionContext) -> [[Float]]
  /// The positions among which it chooses; the others stay in any case.
  func candidates(_ context: RetentionContext) -> Range<Int>
}

extension PublishedBaseline {
  /// Which share of its choice at a prompt's end is among the same number of highest scores, and
  /// which share of a random choice would be; both are means over layers, in [0, 1].
  ///
  /// - Returns: nil when it chooses nothing, or everything.
  /// - Throws: what `plan` throws.
  public func overlapWithTopK(
    _ context: RetentionContext
  ) throws -> (overlap: Double, chance: Double)? {
    let candidates = candidates(context)
    let scores = scores(context)
    var (overlap, chance) = (0.0, 0.0)
    for (layer, kept) in try plan(context).kept.enumerated() {
      let chosen = kept.map(Int.init).filter(candidates.contains)
      guard !chosen.isEmpty, chosen.count < candidates.count else { return nil }
      let best = ImportanceRanking([Array(scores[layer][candidates])]).ascending[0]
        .suffix(chosen.count).map { Int($0) + candidates.lowerBound }
      let count = Double(chosen.count)
      overlap += Double(Set(best).intersection(chosen).count) / count
      chance += count / Double(candidates.count)
    }
    let layers = Double(scores.count)
    return (overlap / layers, chance / layers)
  }
}
