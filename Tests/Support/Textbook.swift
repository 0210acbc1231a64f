import Foundation

/// Definitions written out in double precision, for comparison with the kernels.
public enum Textbook {
  /// Attention of `n` queries to one layer of a cache.
  public struct Attention {
    /// `[n, heads, headDim]`.
    public var output: [Float]
    /// `[length]`: mean over heads, sum over all queries.
    public var columnSums: [Float]
    /// `[length]`: mean over heads, sum over the last queries.
    public var windowSums: [Float]
  }

  /// - Parameters:
  ///   - q: `[n, heads, headDim]`.
  ///   - keys: `[kvHeads, capacity, headDim]`, of which the first `length` entries are read.
  ///   - values: Of the keys' shape.
  ///   - window: How many of the last queries `windowSums` covers.
  ///   - firstVisible: `[n]`: the first entry that each query sees; nil: all see from the first on.
  public static func causalAttention(
    q: [Float], n: Int, heads: Int, keys: [Float], values: [Float], kvHeads: Int, capacity: Int,
    length: Int, headDim: Int, window: Int, firstVisible: [Int]? = nil
  ) -> Attention {
    var output = [Float](repeating: 0, count: n * heads * headDim)
    var sums = [Double](repeating: 0, count: length)
    var windowSums = sums
    for i in 0..<n {
      let visible = (firstVisible?[i] ?? 0)..<(length - n + i + 1)
      for head in 0..<heads {
        let query = (i * heads + head) * headDim
        let base = head / (heads / kvHeads) * capacity * headDim
        let scores = visible.map { j in
          var sum = 0.0
          for d in 0..<headDim {
            sum += Double(q[query + d]) * Double(keys[base + j * headDim + d])
          }
          return sum / Double(headDim).squareRoot()
        }
        let most = scores.max()!
        let total = scores.reduce(0) { $0 + exp($1 - most) }
        let shares = scores.map { exp($0 - most) / total }
        for d in 0..<headDim {
          var sum = 0.0
          for (j, share) in zip(visible, shares) {
            sum += share * Double(values[base + j * headDim + d])
          }
          output[query + d] = Float(sum)
        }
        for (j, share) in zip(visible, shares) {
          sums[j] += share / Double(heads)
          if i >= n - window { windowSums[j] += share / Double(heads) }
        }
      }
    }
    return Attention(
      output: output, columnSums: sums.map(Float.init), windowSums: windowSums.map(Float.init))
  }

  /// `x · wᵀ + bias`: x is `[m, columns]`, w `[rows, columns]`, the result `[m, rows]`.
  public static func product(
    _ x: [Double], _ w: [Float], bias: [Float]? = nil, m: Int, rows: Int, columns: Int
  ) -> [Float] {
    (0..<m * rows).map { index in
      var sum = Double(bias?[index % rows] ?? 0)
      let (a, b) = (index / rows * columns, index % rows * columns)
      for column in 0..<columns { sum += x[a + column] * Double(w[b + column]) }
      return Float(sum)
    }
  }
}
