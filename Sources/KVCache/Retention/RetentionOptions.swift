/// What a conversation may tune beyond policy and budget.
public struct RetentionOptions: Sendable {
  /// Most recent positions that stay when the budget or the policy changes in the middle of an
  /// answer (at most half of what a layer keeps). The reference's eviction distance by default.
  public var recent: Int
  /// What is recorded beyond the needs of the policy in force, for policies that may follow.
  public var recording: Set<RetentionNeed>
  /// Whether the queries of a later prompt attend to evicted entries, too, and what stays is chosen by
  /// their attention alone. Without a spill file there is nothing to recall, and it has no effect.
  public var recalls: Bool

  /// Creates options; by default nothing is recalled, as in the published method.
  public init(
    recent: Int = SlidingEviction.distance, recording: Set<RetentionNeed> = [],
    recalls: Bool = false
  ) {
    self.recent = recent
    self.recording = recording
    self.recalls = recalls
  }
}
