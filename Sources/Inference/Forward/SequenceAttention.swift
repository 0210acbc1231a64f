import KVCache

/// Attention of one sequence's new rows over its cache in one layer, and what a retention policy
/// observes of it.
struct SequenceAttention {
  let step: SequenceStep
  let view: LayerView
  /// `[count]`: the first entry that each new row sees (sliding window); nil when every row sees
  /// all entries up to its own.
  let firstVisible: [Int]?
  let heads: Int
  let kvHeads: Int
  let headDim: Int
  /// Whether the kernel may round queries and probabilities to bf16.
  let rounded: Bool
  let pool: ThreadPool

  /// Computes attention and adds what was observed of it.
  ///
  /// - Parameters:
  ///   - query: `[count, heads, headDim]`, after rotary embedding.
  ///   - out: `[count, heads, headDim]`
  func run(
    query: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>,
    observed: inout Observation.Layer
  ) {
    switch step.phase {
    case .prefill:
      for rows in step.runs { prefill(rows, query: query, into: out, observed: &observed) }
    case .decode: decode(query: query, into: out, observed: &observed)
    }
    if !step.observing.largestRows.isEmpty { observed.largest = largest(query: query) }
  }

  private func decode(
    query: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>,
    observed: inout Observation.Layer
  ) {
    let first = firstVisible?[0] ?? 0
    observed.received = sums(of: view.length, if: step.observing.received) { sums in
      Attention.decode(
        q: query, heads: heads, view: view.dropFirst(first), kvHeads: kvHeads, headDim: headDim,
        out: out, attention: sums.map { $0 + first }, pool: pool)
    }
  }

  /// Attention of some of the new rows, which see the entries up to their own.
  private func prefill(
    _ rows: Range<Int>, query: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>,
    observed: inout Observation.Layer
  ) {
    let visible = view.prefix(view.length - step.count + rows.upperBound)
    let choices = step.observing.rowsBySegments.filter { $0.value.contains { $0.overlaps(rows) } }
    let firstOfWindow = step.count - step.observing.windowRows
    let windowRows = rows.upperBound - max(rows.lowerBound, firstOfWindow)
    let first = rows.lowerBound * heads * headDim
    var window: [Float] = []
    let received = sums(of: view.length, if: step.observing.received || !choices.isEmpty) { sums in
      window = self.sums(of: view.length, if: windowRows > 0) { windowSums in
        Attention.prefill(
          q: query + first, n: rows.count, heads: heads, view: visible,
          firstVisible: firstVisible.map { Array($0[rows]) }, kvHeads: kvHeads, headDim: headDim,
          rounded: rounded, out: out + first, columnSums: sums,
          window: windowSums.map { (windowRows, $0) }, pool: pool)
      }
    }
    if step.observing.received { observed.received.add(received) }
    observed.window.add(window)
    for segments in choices.keys { observed.bySegments[segments, default: []].add(received) }
  }

  /// The largest attention that each entry receives, over heads and the rows asked for, `[length]`.
  ///
  /// The kernels can only sum over rows and heads, so each row of each head is computed as if it
  /// were a decoded token.
  private func largest(query: UnsafePointer<Float>) -> [Float] {
    let length = view.length
    let byHead = FloatBuffer(count: heads * length)
    pool.parallel(heads) { head in
      let out = FloatBuffer(count: headDim)
      let attention = FloatBuffer(count: length)
      let largest = byHead.pointer + head * length
      let oneHead = view.head(head * kvHeads / heads)
      for row in step.observing.largestRows {
        let visible = (firstVisible?[row] ?? 0)..<(length - step.count + row + 1)
        Attention.decode(
          q: query + (row * heads + head) * headDim, heads: 1,
          view: oneHead.prefix(visible.upperBound).dropFirst(visible.lowerBound),
          kvHeads: 1, headDim: headDim, out: out.pointer,
          attention: attention.pointer + visible.lowerBound, pool: pool)
        for slot in visible { largest[slot] = max(largest[slot], attention.pointer[slot]) }
      }
    }
    var largest = byHead.array(length)
    for head in 1..<max(1, heads) {
      for slot in 0..<length {
        largest[slot] = max(largest[slot], byHead.pointer[head * length + slot])
      }
    }
    return largest
  }

  /// Hands an array of zeros to `body`, which adds sums to it, and returns it. When the sums are not
  /// wanted, `body` receives nil and the result is empty.
  private func sums(
    of count: Int, if isWanted: Bool, _ body: (UnsafeMutablePointer<Float>?) -> Void
  ) -> [Float] {
    guard isWanted else {
      body(nil)
      return []
    }
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialised in
      buffer.initialize(repeating: 0)
      body(buffer.baseAddress)
      initialised = count
    }
  }
}

extension [Float] {
  /// Adds element by element; an empty array counts as zeros.
  fileprivate mutating func add(_ other: [Float]) {
    guard !isEmpty else {
      self = other
      return
    }
    for index in other.indices { self[index] += other[index] }
  }
}
