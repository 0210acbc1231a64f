/// PrefixKV's selection, with every evicted entry merged into the nearest retained one.
///
/// A retained entry's key and value become the mean of its own and those of the evicted entries
/// nearest to it by position; the first and the last position stay as they are. Merging is Elastic
/// Cache's (Liu et al., https://arxiv.org/abs/2407.18121), without its mistakes; the selection is
/// PrefixKV's (Wang et al., https://arxiv.org/abs/2412.03409). While decoding, entries are dropped.
struct PrefixKVMergePolicy: RetentionPolicy {
  let name = "prefixkv-merge"
  let summary = "prefixkv, with evicted entries merged into their nearest retained neighbours"
  let needs: Set<RetentionNeed> = [.importance, .decodeAttention]

  func plan(_ context: RetentionContext) -> RetentionPlan {
    var plan = PrefixKVPolicy().plan(context)
    let all = Array(0..<Int32(context.positions))
    plan.merges = plan.kept.map { kept in
      let retained = Set(kept)
      return Merge.intoNearest(
        all.filter { !retained.contains($0) }, targets: Array(kept.dropFirst().dropLast()))
    }
    return plan
  }
}
