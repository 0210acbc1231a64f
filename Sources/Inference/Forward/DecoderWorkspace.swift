import CKernels

/// Working memory of one pass through the decoder. The calling thread keeps it for its next pass,
/// because the system would have to clear fresh pages.
struct DecoderWorkspace {
  /// `[rows, heads, headDim]`
  let query: UnsafeMutablePointer<Float>
  let attended: UnsafeMutablePointer<Float>
  /// `[rows, kvHeads, headDim]`
  let key: UnsafeMutablePointer<Float>
  let value: UnsafeMutablePointer<Float>
  /// `[rows, feedForward]`
  let gated: UnsafeMutablePointer<Float>

  init(rows: Int, configuration text: TextConfiguration) {
    let (queries, keys) = (text.heads * text.headDim, text.kvHeads * text.headDim)
    // Every array begins on a cache line.
    let counts = [queries, queries, keys, keys, text.feedForward].map { ($0 * rows + 15) & ~15 }
    guard let memory = ck_scratch(CK_SCRATCH_LAYERS, counts.reduce(0, +) * 4) else {
      preconditionFailure("no memory is left for \(rows) rows of a decoder layer")
    }
    var next = memory.assumingMemoryBound(to: Float.self)
    let arrays = counts.map { count in
      defer { next += count }
      return next
    }
    query = arrays[0]
    attended = arrays[1]
    key = arrays[2]
    value = arrays[3]
    gated = arrays[4]
  }
}
