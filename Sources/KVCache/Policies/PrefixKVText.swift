/// Keeps text before the picture, whose entries PrefixKV's threshold chooses by the attention of
/// text.
///
/// A conversation has few entries of text, and each of them may be asked about, so they are kept
/// before any entry of the picture. A quarter of the budget is the picture's in any case. One
/// threshold over the attention from users' and assistants' positions says how many of the
/// picture's entries each layer keeps. The picture's own positions look at each other, which says
/// nothing about the question.
///
/// Source: the threshold is PrefixKV's, https://arxiv.org/abs/2412.03409; that only text's queries
/// count is VL-Cache's finding, https://arxiv.org/abs/2410.23317.
struct PrefixKVTextPolicy: RetentionPolicy {
  let name = "prefixkv-text"
  let summary = "text stays first; the threshold runs over the picture, by text's attention"
  let needs: Set<RetentionNeed> = [.attention(from: asking), .decodeAttention]

  /// The segments whose queries count.
  static let asking: Set<Segment> = [.user, .assistant]
  /// The share of the budget that text leaves to the picture.
  static let floor = 0.25

  func plan(_ context: RetentionContext) -> RetentionPlan {
    let rows = context.attention(from: Self.asking).rows
    let image = context.segments.indices.filter { context.segments[$0] == .image }
    let text = context.segments.indices.filter { context.segments[$0] != .image }
    let mean = Double(context.positions) * (1 - context.budget.forgotten)
    let imageMean = min(Double(image.count), max(mean - Double(text.count), Self.floor * mean))
    let ranking = ImportanceRanking(rows.map { row in image.map { row[$0] } })
    let found = PrefixConfiguration.search(
      cumulative: ranking.cumulative,
      forgotten: image.isEmpty ? 0 : 1 - imageMean / Double(image.count))
    let kept = found.forget.map { Double(image.count - $0) + mean - imageMean }
    let forget = context.forgetting(keeping: kept)
    let textGoes = max(0, text.count - Int(mean - imageMean))
    let orders = rows.indices.map { layer -> [Int32] in
      let texts = ImportanceRanking.order(of: text.map { rows[layer][$0] }[...]).map { text[$0] }
      let images = ranking.ascending[layer].map { image[Int($0)] }
      let imageGoes = min(images.count, max(0, forget[layer] - textGoes))
      return (images[..<imageGoes] + texts + images[imageGoes...]).map(Int32.init)
    }
    return context.plan(forgetting: forget, orders: orders, threshold: found.threshold)
  }
}
