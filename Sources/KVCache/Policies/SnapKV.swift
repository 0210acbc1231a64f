/// The entries that the prompt's last queries look at, with their neighbours, the same number in
/// every layer.
///
/// Attention of the last 32 queries over the earlier positions is smoothed by a maximum over 7
/// neighbours, so that what is kept comes in clusters; the 32 positions themselves stay too, or half
/// of what is kept if that is less. Sizes are those of the authors' LongBench runs. They select per
/// head; here the heads of a layer share a selection.
///
/// Source: Li et al., "SnapKV: LLM Knows What You are Looking for Before Generation",
/// https://arxiv.org/abs/2404.14469.
struct SnapKVPolicy: RetentionPolicy {
  let name = "snapkv"
  let summary = "what the prompt's last queries look at, and its neighbours"
  let wantsDecodeAttention = false

  static let poolingWidth = 7

  func plan(_ context: RetentionContext) -> RetentionPlan {
    let mean = Double(context.positions) * (1 - context.budget.forgotten)
    let kept = Array(repeating: mean, count: context.layers)
    return Self.plan(context, forgetting: context.forgetting(keeping: kept))
  }

  /// The plan that forgets the given numbers of entries by pooled attention of the observation window.
  static func plan(_ context: RetentionContext, forgetting forget: [Int]) -> RetentionPlan {
    let context = context.withRecent(RetentionController.observationWindow)
    let scores = (context.window ?? context.importance).rows.map {
      maximum(over: poolingWidth, of: $0)
    }
    return context.plan(
      forgetting: forget, orders: ImportanceRanking(scores).ascending,
      note: context.window == nil ? context.noWindowNote : nil)
  }

  /// Maximum over `width` neighbours, itself in the middle.
  static func maximum(over width: Int, of row: [Float]) -> [Float] {
    row.indices.map { index in
      row[max(0, index - width / 2)...min(row.count - 1, index + width / 2)].max()!
    }
  }
}
