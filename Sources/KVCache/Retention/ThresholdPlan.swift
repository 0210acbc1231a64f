/// PrefixKV's way from scores to a plan, for whichever scores.
extension RetentionContext {
  /// The plan in which all layers keep the entries whose scores add up to one share of their layer's
  /// total, the one that meets the budget.
  ///
  /// - Parameter ranking: of those scores.
  func thresholdPlan(_ ranking: ImportanceRanking) -> RetentionPlan {
    let configuration = PrefixConfiguration.search(
      cumulative: ranking.cumulative, forgotten: budget.forgotten)
    return plan(
      forgetting: configuration.forget, orders: ranking.ascending,
      // The search stops a little before 1 where everything is kept.
      threshold: configuration.forget.contains { $0 > 0 } ? configuration.threshold : 1)
  }

  /// The plan in which every layer keeps the same number of entries, those with the highest scores.
  ///
  /// - Parameter scores: `[layers][positions]`, not negative.
  func uniformPlan(_ scores: [[Float]]) -> RetentionPlan {
    let mean = Double(positions) * (1 - budget.forgotten)
    return plan(
      forgetting: forgetting(keeping: Array(repeating: mean, count: layers)),
      orders: ImportanceRanking(scores).ascending)
  }
}
