/// PrefixKV's threshold over the attention of the prompt's last queries.
///
/// The question usually fills the observation window, so that layers get entries by how widely the
/// question looks, not by how widely the picture's own positions look at each other. The window's
/// positions stay, or half of what a layer keeps if that is less.
///
/// Source: the threshold is PrefixKV's, https://arxiv.org/abs/2412.03409; the window is SnapKV's,
/// https://arxiv.org/abs/2404.14469.
struct PrefixKVWindowPolicy: RetentionPolicy {
  let name = "prefixkv-window"
  let summary = "prefixkv over the attention of the prompt's last queries"
  let needs: Set<RetentionNeed> = [.window]

  func plan(_ context: RetentionContext) -> RetentionPlan {
    context.withRecent(RetentionController.observationWindow)
      .thresholdPlan(ImportanceRanking(context.window.rows))
  }
}
