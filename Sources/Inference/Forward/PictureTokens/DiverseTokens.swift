/// Patches that are unlike each other and have to do with the question: the greedy choice of a
/// determinantal point process whose kernel is `r_i * r_j * cos(v_i, v_j)`. The next patch is always that
/// of which most is left when what those chosen have in common with it is taken away.
///
/// Source: Zhang et al., "Beyond Attention or Similarity: Maximizing Conditional Diversity for Token
/// Pruning in MLLMs" (CDPruner), https://arxiv.org/abs/2506.10967, with the greedy algorithm of Chen et
/// al., https://arxiv.org/abs/1709.05135. They take the relevance `r` from CLIP's text encoder, which no
/// checkpoint has; here it comes from the language model's input embeddings.
struct DiverseTokens: PictureTokenMethod {
  let name = "diverse"
  let summary = "patches unlike each other that have to do with the first question"
  let asksQuestion = true

  func groups(_ picture: PictureRows, count: Int) -> [[Int]] {
    let patches = picture.patches
    let vectors = UnitRows(picture.values, rows: patches, width: picture.width)
    let relevance = Self.relevance(of: vectors, for: picture.question)
    let most = min(count, patches.count)
    // What is left of each patch's length, squared, and its parts along those chosen before.
    var left = relevance.map { $0 * $0 }
    let parts = FloatBuffer(count: patches.count * most)
    var chosen: [Int] = []
    var isChosen = [Bool](repeating: false, count: patches.count)
    while chosen.count < most {
      guard
        let next = left.indices.filter({ !isChosen[$0] })
          .max(by: { (left[$0], $1) < (left[$1], $0) })
      else { break }
      let known = chosen.count
      isChosen[next] = true
      chosen.append(next)
      let scale = 1 / max(1e-6, left[next].squareRoot())
      left.withUnsafeMutableBufferPointer { left in
        guard let left = left.baseAddress else { return }
        picture.pool.parallel(count: patches.count, grain: 16) { range in
          for index in range where !isChosen[index] {
            let likeness = relevance[index] * relevance[next] * vectors.product(index, next)
            let mine = parts.pointer + index * most
            let shared = UnitRows.product(mine, parts.pointer + next * most, known)
            mine[known] = (likeness - shared) * scale
            left[index] = max(0, left[index] - mine[known] * mine[known])
          }
        }
      }
    }
    return chosen.sorted().map { [patches[$0]] }
  }

  /// `[patches]`: how much each patch has to do with a question, in [0, 1]: its mean cosine to the
  /// question's tokens, stretched so that the least is 0 and the most is 1. Without a question all are 1.
  ///
  /// - Parameter question: `[tokens, width]`
  private static func relevance(of patches: UnitRows, for question: [Float]) -> [Float] {
    let tokens = question.count / max(1, patches.width)
    let likeness = question.withUnsafeBufferPointer { question -> [Float] in
      guard let start = question.baseAddress else { return [] }
      let words = UnitRows(start, rows: Array(0..<tokens), width: patches.width)
      return (0..<patches.count).map { patch in
        (0..<tokens).reduce(0) {
          $0 + UnitRows.product(patches.row(patch), words.row($1), patches.width)
        }
      }
    }
    guard let least = likeness.min(), let most = likeness.max(), most > least else {
      return Array(repeating: 1, count: patches.count)
    }
    return likeness.map { max(1e-3, ($0 - least) / (most - least)) }
  }
}
