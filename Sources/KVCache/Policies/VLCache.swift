/// A layer's budget follows the density of its attention from the text behind the picture, and its
/// entries are chosen by that attention.
///
/// A layer's density is the fraction of positions that receive at least 1 % of the layer's largest
/// attention from the prompt's last queries; layers get entries in proportion. A tenth of the mean
/// budget is reserved for recent positions, as the authors do. They use all queries after the
/// picture, and measure density row by row and per head. Here density is measured on the attention
/// of the prompt's last queries (`RetentionController.observationWindow`), summed over rows and
/// heads: an approximation of their method. The question usually fills that window.
///
/// Source: Tu et al., "VL-Cache: Sparsity and Modality-Aware KV Cache Compression for
/// Vision-Language Model Inference Acceleration", https://arxiv.org/abs/2410.23317.
struct VLCachePolicy: RetentionPolicy {
  let name = "vl-cache"
  let summary = "budget and choice by the attention of the text behind the picture"
  let needs: Set<RetentionNeed> = [.window]

  /// Share of the layer's largest attention below which a position's attention is negligible.
  static let relevant: Float = 0.01

  func plan(_ context: RetentionContext) -> RetentionPlan {
    let rows = context.window.rows
    let densities = rows.map(Self.density)
    let mean = Double(context.positions) * (1 - context.budget.forgotten)
    let total = densities.reduce(0, +)
    let kept = densities.map { mean * Double(context.layers) * $0 / total }
    let recent = max(context.recent, Int(mean / 10))
    return context.withRecent(recent).plan(
      forgetting: context.forgetting(keeping: kept), orders: ImportanceRanking(rows).ascending)
  }

  /// Fraction of positions whose attention is not negligible, never 0.
  static func density(_ row: [Float]) -> Double {
    let most = row.max() ?? 0
    guard most > 0 else { return 1 }
    return Double(row.count { $0 >= relevant * most }) / Double(row.count)
  }
}
