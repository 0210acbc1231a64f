/// One retained entry that takes up others: K and V become the mean of its own and theirs.
public struct Merge: Sendable, Equatable {
  /// The retained position.
  public var target: Int32
  /// Positions. One may occur twice, and then counts twice; one may be the target, and then the
  /// target counts once more.
  public var sources: [Int32]

  /// Creates a merge of `sources` into `target`.
  public init(target: Int32, sources: [Int32]) {
    self.target = target
    self.sources = sources
  }

  /// Merges each of `positions` into the nearest of `targets` (both ascending), the lower one on
  /// ties.
  static func intoNearest(_ positions: [Int32], targets: [Int32]) -> [Merge] {
    guard !targets.isEmpty else { return [] }
    var merges: [Merge] = []
    for position in positions {
      let above = min(targets.partitioningIndex { $0 >= position }, targets.count - 1)
      let below = max(0, above - 1)
      let nearest =
        abs(targets[below] - position) <= abs(targets[above] - position)
        ? targets[below] : targets[above]
      if merges.last?.target == nearest {
        merges[merges.count - 1].sources.append(position)
      } else {
        merges.append(Merge(target: nearest, sources: [position]))
      }
    }
    return merges
  }
}
