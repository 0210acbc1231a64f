/// Keeps everything, whatever the budget.
struct FullPolicy: RetentionPolicy {
  let name = "full"
  let summary = "keeps every entry; the budget is ignored"
  let needs: Set<RetentionNeed> = []

  func note(_ budget: Budget) -> String? {
    budget.share < 1 ? "The policy full keeps every entry, so the budget has no effect." : nil
  }

  func plan(_ context: RetentionContext) -> RetentionPlan {
    let all = Array(0..<Int32(context.positions))
    return RetentionPlan(kept: Array(repeating: all, count: context.layers))
  }
}
