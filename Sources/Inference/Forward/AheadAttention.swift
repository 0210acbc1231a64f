import KVCache

/// Attention in one layer of tokens that are computed ahead: every token attends to what the layer
/// would hold if they were decoded one after the other, and gets the bits that it would get then.
struct AheadAttention {
  let rows: RowsAhead
  let layer: Int
  /// Positions that a token sees, its own included; nil for all.
  let window: Int?
  let heads: Int
  let kvHeads: Int
  let headDim: Int
  /// Whether what each token attends to is recorded.
  let isObserved: Bool
  let pool: ThreadPool

  /// - Parameters:
  ///   - query: `[rows, heads, headDim]`, after rotary embedding.
  ///   - key: `[rows, kvHeads, headDim]`, after rotary embedding.
  ///   - value: `[rows, kvHeads, headDim]`
  ///   - out: `[rows, heads, headDim]`
  func run(
    query: UnsafePointer<Float>, key: UnsafePointer<Float>, value: UnsafePointer<Float>,
    into out: UnsafeMutablePointer<Float>
  ) {
    var decoding = Attention.Rows(
      q: query, heads: heads, kvHeads: kvHeads, headDim: headDim, out: out, pool: pool)
    rows.attend(layer: layer, keys: key, values: value, needsPositions: window != nil) { stage in
      if let window { return windowed(stage, window, query: query, into: out) }
      if stage.rows.lowerBound == 0 {
        decoding.computeShared(stage.shared, of: stage.view, lengths: stage.allLengths)
      }
      return decoding.complete(
        stage.rows, of: stage.view, lengths: stage.lengths, isObserved: isObserved)
    }
    decoding.end()
  }

  /// With a window, tokens begin at entries of their own, so that they share no chunks.
  private func windowed(
    _ stage: RowsAhead.Stage, _ window: Int, query: UnsafePointer<Float>,
    into out: UnsafeMutablePointer<Float>
  ) -> [[Float]] {
    zip(stage.rows, stage.lengths).map { row, length in
      let newest = Int(stage.positions[length - 1])
      let first = stage.positions.partitioningIndex { newest - Int($0) < window }
      var attention = [Float](repeating: 0, count: isObserved ? length : 0)
      attention.withUnsafeMutableBufferPointer {
        Attention.decode(
          q: query + row * heads * headDim, heads: heads,
          view: stage.view.prefix(length).dropFirst(first), kvHeads: kvHeads, headDim: headDim,
          out: out + row * heads * headDim,
          attention: isObserved ? $0.baseAddress! + first : nil, pool: pool)
      }
      return attention
    }
  }
}
