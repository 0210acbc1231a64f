/// The entries whose keys differ most from the layer's mean key, whatever the question.
///
/// Keys that are alike draw attention alike, so one of them can stand for the others. An entry's score
/// is 1 minus the cosine between its key and the mean of the normalised keys, averaged over the
/// heads, which share a selection here. The authors select per head.
///
/// Source: Park et al., "KeyDiff: Key Similarity-Based KV Cache Eviction for Long-Context LLM
/// Inference in Resource-Constrained Environments", https://arxiv.org/abs/2504.15364.
struct KeyDiffPolicy: RetentionPolicy {
  let name = "keydiff"
  let summary = "the entries whose keys differ most from the mean key"
  let needs: Set<RetentionNeed> = [.keys]

  func plan(_ context: RetentionContext) throws -> RetentionPlan {
    context.uniformPlan(
      try (0..<context.layers).map { layer in
        Self.scores(
          try context.keys(layer: layer), headDim: context.headDim, positions: context.positions)
      })
  }

  /// `[positions]`, each in [0, 2].
  ///
  /// - Parameter keys: `[positions, kvHeads, headDim]`
  static func scores(_ keys: [Float], headDim: Int, positions: Int) -> [Float] {
    let heads = keys.count / max(1, positions * headDim)
    var scores = [Float](repeating: 0, count: positions)
    for head in 0..<heads {
      let directions = (0..<positions).map { position in
        let start = (position * heads + head) * headDim
        return normalised(keys[start..<start + headDim])
      }
      let mean = normalised(
        (0..<headDim).map { index in directions.reduce(0) { $0 + $1[index] } }[...])
      for (position, direction) in directions.enumerated() {
        let cosine = zip(direction, mean).reduce(0) { $0 + $1.0 * $1.1 }
        scores[position] += (1 - cosine) / Float(heads)
      }
    }
    return scores
  }

  private static func normalised(_ vector: ArraySlice<Float>) -> [Float] {
    let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return vector.map { length > 0 ? $0 / length : 0 }
  }
}
