/// The entries that the model needs to repeat its prompt, whatever the question.
///
/// In one more pass the model is asked to repeat the prompt; an entry's score is the largest attention,
/// over query heads and rows, that it receives meanwhile. Layers compete for one pool of entries. The
/// authors let heads compete, too; here the heads of a layer share a selection.
///
/// Source: Kim et al., "KVzip: Query-Agnostic KV Cache Compression with Context Reconstruction",
/// https://arxiv.org/abs/2505.23416.
struct KVzipPolicy: RetentionPolicy {
  let name = "kvzip"
  let summary = "what the model needs to repeat its prompt: one more pass, whatever the question"
  let needs: Set<RetentionNeed> = [.secondPass]

  func plan(_ context: RetentionContext) -> RetentionPlan {
    let scores = context.secondPass.rows
    // Without a second pass nothing tells the layers apart.
    guard scores.contains(where: { $0.contains { $0 > 0 } }) else {
      return context.uniformPlan(scores)
    }
    let pool = Int(
      Double(context.positions) * (1 - context.budget.forgotten) * Double(context.layers))
    let counts = SharedPool.counts(of: scores.map { $0.sorted(by: >) }, pool: pool)
    return context.plan(
      forgetting: context.forgetting(keeping: counts.map(Double.init)),
      orders: ImportanceRanking(scores).ascending)
  }
}
