/// Choosing entries by what the prompt's last queries look at, as SnapKV and PyramidKV do.
extension RetentionContext {
  /// Neighbours over which the maximum is taken, itself in the middle: the authors' size on
  /// LongBench.
  private static let poolingWidth = 7

  /// The plan that forgets the given numbers of entries by the observation window's attention,
  /// after a maximum over neighbours, so that what is kept comes in clusters. The window's own
  /// positions stay, or half of what is kept if that is less. Needs `.window`.
  func windowPlan(forgetting forget: [Int]) -> RetentionPlan {
    let scores = window.rows.map { Self.maximum(over: Self.poolingWidth, of: $0) }
    return withRecent(RetentionController.observationWindow).plan(
      forgetting: forget, orders: ImportanceRanking(scores).ascending)
  }

  /// For each element the largest among `width` neighbours.
  static func maximum(over width: Int, of row: [Float]) -> [Float] {
    row.indices.map { index in
      row[max(0, index - width / 2)...min(row.count - 1, index + width / 2)].max()!
    }
  }
}
