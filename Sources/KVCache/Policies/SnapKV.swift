/// Keeps the entries that the prompt's last queries look at, with their neighbours, the same number
/// in every layer.
///
/// Attention of the last 32 queries over the earlier positions is smoothed by a maximum over 7
/// neighbours, so that what is kept comes in clusters. The 32 positions themselves stay too, or
/// half of what is kept if that is less. Sizes are those of the authors' LongBench runs. The
/// authors select per head; here the heads of a layer share a selection.
///
/// Source: Li et al., "SnapKV: LLM Knows What You are Looking for Before Generation",
/// https://arxiv.org/abs/2404.14469.
struct SnapKVPolicy: RetentionPolicy {
  let name = "snapkv"
  let summary = "what the prompt's last queries look at, and its neighbours"
  let needs: Set<RetentionNeed> = [.window]

  func plan(_ context: RetentionContext) -> RetentionPlan {
    let mean = Double(context.positions) * (1 - context.budget.forgotten)
    let kept = Array(repeating: mean, count: context.layers)
    return context.windowPlan(forgetting: context.forgetting(keeping: kept))
  }
}
