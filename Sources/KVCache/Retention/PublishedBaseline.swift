/// A baseline that is kept as it was published, mistakes included, with what it says it goes by: so
/// that it can be measured how far its selection is from the one it means.
public protocol PublishedBaseline: RetentionPolicy {
  /// `[layers][positions]`: what it ranks by.
  func scores(_ context: RetentionContext) -> [[Float]]
  /// The positions that it chooses from; the others stay in any case.
  func candidates(_ context: RetentionContext) -> Range<Int>
}

extension PublishedBaseline {
  /// How much of its choice at a prompt's end is among the same number of highest scores, mean over
  /// layers, and how much a blind choice of that number would have been.
  ///
  /// - Returns: nil when it chooses nothing, or everything.
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
