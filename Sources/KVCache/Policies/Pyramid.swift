/// Layer budgets fall in a straight line from the lowest layer to the highest, whatever the prompt.
///
/// They go from `2k - k/20` entries at the first layer to `k/20` at the last, where k is the mean
/// and 20 the authors' default for beta. If the first layer would exceed the prompt, the line is
/// flattened about its middle. Entries are chosen as in SnapKV. The authors select per head; here
/// the heads of a layer share a selection.
///
/// Source: Cai et al., "PyramidKV: Dynamic KV Cache Compression based on Pyramidal Information
/// Funneling", https://arxiv.org/abs/2406.02069.
struct PyramidPolicy: RetentionPolicy {
  let name = "pyramid"
  let summary = "lower layers keep more, in a straight line; chosen by the prompt's last queries"
  let needs: Set<RetentionNeed> = [.window]

  func plan(_ context: RetentionContext) -> RetentionPlan {
    let positions = Double(context.positions)
    let mean = positions * (1 - context.budget.forgotten)
    let least = max(mean / 20, 2 * mean - positions)
    let most = 2 * mean - least
    let last = Double(max(1, context.layers - 1))
    let kept = (0..<context.layers).map { layer in
      context.layers == 1 ? mean : most - (most - least) * Double(layer) / last
    }
    return context.windowPlan(forgetting: context.forgetting(keeping: kept))
  }
}
