import Foundation

/// The entries that later queries are expected to attend to, weighted by the length of their values.
///
/// Later queries are assumed to be normally distributed, with the mean and covariance C of the
/// prompt's queries, rotated by the mean rotation of the next 512 positions. The expected attention
/// of a key is then the softmax of `mean·key / √d + key·C·key / 2d`. It is multiplied by the norm
/// of the value and averaged over the query heads, since all heads share a selection here.
///
/// Source: Devoto et al., "Expected Attention: KV Cache Compression by Estimating Attention from
/// Future Queries Distribution", https://arxiv.org/abs/2510.00636, with the sizes of NVIDIA's kvpress.
struct ExpectedAttentionPolicy: RetentionPolicy {
  let name = "expected-attention"
  let summary = "what later queries are expected to attend to, by the prompt's queries"
  let needs: Set<RetentionNeed> = [.keys, .values, .queryMoments]

  /// Number of positions after the last one at which queries are expected.
  static let future = 512

  func plan(_ context: RetentionContext) throws -> RetentionPlan {
    let moments = context.queryMoments
    return context.uniformPlan(
      try (0..<context.layers).map { layer in
        guard moments.count > 0 else { return Array(repeating: 0, count: context.positions) }
        return Self.scores(
          keys: try context.keys(layer: layer), values: try context.values(layer: layer),
          queries: moments, layer: layer, positions: context.positions)
      })
  }

  /// `[positions]`. The first positions (`QueryMoments.sinks`) get the largest score, so that they
  /// stay.
  ///
  /// - Parameters:
  ///   - keys: `[positions, kvHeads, headDim]`
  ///   - values: as `keys`.
  static func scores(
    keys: [Float], values: [Float], queries: QueryMoments, layer: Int, positions: Int
  ) -> [Float] {
    let (width, sinks) = (queries.headDim, min(QueryMoments.sinks, positions))
    let kvHeads = keys.count / (positions * width)
    let rotation = MeanRotation(queries.frequencies, from: positions, count: future)
    var scores = [Float](repeating: 0, count: positions)
    for head in 0..<queries.heads {
      let mean = rotation.rotated(queries.mean(layer: layer, head: head))
      let covariance = rotation.rotated(
        covariance: queries.covariance(layer: layer, head: head))
      let kvHead = head * kvHeads / queries.heads
      func slice(_ rows: [Float], _ position: Int) -> ArraySlice<Float> {
        let start = (position * kvHeads + kvHead) * width
        return rows[start..<start + width]
      }
      let logits = (sinks..<positions).map { position in
        logit(Array(slice(keys, position)), mean, covariance)
      }
      let largest = logits.max() ?? 0
      let weights = logits.map { exp($0 - largest) }
      let total = weights.reduce(0, +) * Float(queries.heads)
      for (index, weight) in weights.enumerated() {
        let value = slice(values, sinks + index)
        let norm = value.reduce(0) { $0 + $1 * $1 }.squareRoot()
        scores[sinks + index] += weight / total * norm
      }
    }
    let most = scores.max() ?? 0
    for position in 0..<sinks { scores[position] = most }
    return scores
  }

  private static func logit(_ key: [Float], _ mean: [Float], _ covariance: [Float]) -> Float {
    let width = key.count
    var product = [Float](repeating: 0, count: width)
    for (row, factor) in key.enumerated() {
      for column in 0..<width { product[column] += factor * covariance[row * width + column] }
    }
    let (linear, quadratic) = (dot(mean, key), dot(product, key))
    return linear / Float(width).squareRoot() + quadratic / Float(2 * width)
  }

  private static func dot(_ a: [Float], _ b: [Float]) -> Float {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
