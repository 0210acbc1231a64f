/// Keeps everything, whatever the budget.
struct FullPolicy: RetentionPolicy {
  let name = "full"
  let summary = "keeps every entry; the budget is ignored"
  let needs: Set<RetentionNeed> = []

  func plan(_ context: RetentionContext) -> RetentionPlan {
    let all = Array(0..<Int32(context.positions))
    return RetentionPlan(kept: Array(repeating: all, count: context.layers))
  }
}
