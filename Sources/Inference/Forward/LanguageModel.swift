import KVCache

/// A decoder of LLaMA's kind: RMSNorm, rotary attention over the ragged cache, SwiGLU. What differs
/// between such decoders is in their records (`DecoderArchitecture`).
///
/// Source: Touvron et al., arXiv 2302.13971; `LlamaForCausalLM` in HF transformers.
final class LanguageModel {
  /// The most rows of a prompt that go through the layers at once; this bounds working memory.
  static let promptChunk = 1024

  let configuration: TextConfiguration
  private let pool: ThreadPool
  private let embedding: EmbeddingTable
  private let layers: [DecoderLayer]
  private let finalNorm: [Float]
  private let head: PackedMatrix

  /// Element type of the first layer's query matrix, which stands for all matrices.
  var type: ElementType { layers.first?.query.type ?? head.type }

  var bytes: Int { embedding.bytes + decodeBytes }

  /// Bytes of weights that one decode step reads: the layers and the head. It reads one row of the
  /// embedding, too, which is not counted.
  var decodeBytes: Int { layers.reduce(head.bytes) { $0 + $1.bytes } }

  /// Loads the weights.
  ///
  /// - Parameter progress: called after each layer is loaded, with layers done and in all.
  /// - Throws: `WeightError`, and what `progress` throws.
  init(
    _ loader: WeightLoader, configuration: TextConfiguration,
    progress: (_ done: Int, _ total: Int) throws -> Void
  ) throws {
    self.configuration = configuration
    pool = loader.pool
    embedding = try loader.embedding(.tokenEmbedding)
    var layers: [DecoderLayer] = []
    for index in 0..<configuration.layers {
      if index + 1 < configuration.layers { try loader.readAhead(textLayer: index + 1) }
      layers.append(try DecoderLayer(loader, index: index))
      try progress(index + 1, configuration.layers)
    }
    self.layers = layers
    finalNorm = try loader.vector(.finalNorm)
    head = try loader.matrix(.outputHead)
  }

  /// Writes the embedding of one token, `[width]`.
  ///
  /// - Throws: `WeightError` when the model's file was changed after it was opened.
  func embed(_ token: Int, into row: UnsafeMutablePointer<Float>) throws {
    try embedding.copyRow(token, into: row)
  }

  /// Rotary angles of a run of positions.
  ///
  /// - Parameter reach: the most positions that their sequence may come to have.
  func angles(_ positions: Range<Int>, reach: Int) -> RotaryAngles {
    let rotary = configuration.rotary
    return RotaryAngles(
      positions: positions, headDim: configuration.headDim,
      frequencies: rotary.frequencies(reach: reach), magnitude: rotary.magnitude)
  }

  /// What a pass over all layers yields.
  struct Output {
    /// `[wanted, vocabulary]`
    var logits: [Float]
    /// `[steps]`: what was observed of each sequence's attention.
    var observations: [Observation]
  }

  /// Runs the new rows of one or several sequences through all layers and appends their keys and
  /// values to each sequence's cache.
  ///
  /// - Parameters:
  ///   - hidden: `[sum of counts, width]`: embeddings on entry, overwritten afterwards.
  ///   - apart: how many of the first rows get the bits that they would get without the others.
  ///   - wanted: the rows whose logits are returned, ascending. The other rows end in the last
  ///     layer after attention: the cache and the retention policy need no more of them.
  ///   - progress: called after each layer; throw from it to stop.
  /// - Throws: `ModelError.overflow`, `CacheError` when evicted entries cannot be recalled, and what
  ///   `progress` throws. The caches then hold the new positions in some layers only and must be truncated.
  func forward(
    _ hidden: FloatBuffer, _ steps: [SequenceStep], apart: Int = 0, logitsOf wanted: [Int],
    progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws -> Output {
    var rows = PassRows(count: steps.reduce(0) { $0 + $1.count }, apart: apart)
    let work = DecoderWorkspace(rows: rows.count, configuration: configuration)
    var observations = steps.map { _ in Observation(layers: layers.count) }
    for (index, layer) in layers.enumerated() {
      try attend(
        hidden, layer, index: index, steps: steps, rows: rows, work, observing: &observations)
      if index == layers.count - 1 {
        hidden.pointer.keep(rows: wanted, of: configuration.width)
        work.attended.keep(rows: wanted, of: layer.output.columns)
        rows = PassRows(count: wanted.count, apart: wanted.count { $0 < apart })
      }
      layer.output.multiply(
        work.attended, count: rows.count, apart: rows.apart, into: hidden.pointer, adding: true,
        pool: pool)
      feedForward(hidden, layer, rows: rows, work)
      try progress(index + 1, layers.count)
    }
    let logits = logits(hidden, rows: rows)
    guard Self.areFinite(logits) else { throw ModelError.overflow }
    return Output(logits: logits, observations: observations)
  }

  /// Compares bits, which vectors do and floating-point comparisons of single values do not.
  private static func areFinite(_ values: [Float]) -> Bool {
    let infinity = Float.infinity.bitPattern
    return values.reduce(UInt32(0)) { max($0, $1.bitPattern & 0x7fff_ffff) } < infinity
  }

  /// `[rows, vocabulary]`
  private func logits(_ hidden: FloatBuffer, rows: PassRows) -> [Float] {
    guard rows.count > 0 else { return [] }
    var logits = [Float](repeating: 0, count: rows.count * head.rows)
    logits.withUnsafeMutableBufferPointer {
      PackedMatrix.multiply(
        count: rows.count, apart: rows.apart, by: [(head, $0.baseAddress!)], pool: pool,
        rows: normed(hidden, finalNorm))
    }
    return logits
  }

  /// Rows of a pass, and how many of the first ones get the bits that they would get alone.
  private struct PassRows {
    let count: Int
    let apart: Int
  }

  // MARK: One layer

  /// A function that writes a range of normed rows, `[range, width]`, for `PackedMatrix.multiply`.
  private func normed(
    _ hidden: FloatBuffer, _ weight: [Float]
  ) -> (Range<Int>, UnsafeMutablePointer<Float>) -> Void {
    let text = configuration
    return { [pool] rows, target in
      Vector.rmsNorm(
        hidden.pointer + rows.lowerBound * text.width, weight: weight, rows: rows.count,
        width: text.width, epsilon: text.epsilon, into: target, pool: pool)
    }
  }

  /// Attention of all rows into `work.attended`, over the caches and themselves.
  ///
  /// - Parameter observations: `[steps]`: what was observed of each step's attention comes here.
  private func attend(
    _ hidden: FloatBuffer, _ layer: DecoderLayer, index: Int, steps: [SequenceStep], rows: PassRows,
    _ work: DecoderWorkspace, observing observations: inout [Observation]
  ) throws {
    let text = configuration
    PackedMatrix.multiply(
      count: rows.count, apart: rows.apart,
      by: [
        (layer.query, work.query), (layer.key, work.key), (layer.value, work.value),
      ], pool: pool, rows: normed(hidden, layer.inputNorm))

    var observed = steps.map { _ in Observation.Layer() }
    // The first row of each step.
    let firstRows = steps.reduce(into: [0]) { $0.append($0.last! + $1.count) }
    for (step, first) in zip(steps.indices, firstRows) {
      observed[step].queries = append(steps[step], index: index, firstRow: first, work)
    }
    // Only while this layer's attention is computed is all of it in memory.
    let recalled = try steps.indices.map { step in
      try steps[step].recalls
        ? steps[step].cache.recalled(index, adding: &observations[step].recall) : nil
    }
    // Several sequences: one thread each, so that threads meet once a layer and not once a
    // sequence. A single sequence is shared by all threads.
    observed.withUnsafeMutableBufferPointer { observed in
      let observed = observed.baseAddress!
      pool.parallel(steps.count) { chosen in
        let start = firstRows[chosen] * text.heads * text.headDim
        if let ahead = steps[chosen].ahead {
          let keys = firstRows[chosen] * text.kvHeads * text.headDim
          AheadAttention(
            rows: ahead, layer: index, window: text.windows[index], heads: text.heads,
            kvHeads: text.kvHeads, headDim: text.headDim,
            isObserved: steps[chosen].observing.received, pool: pool
          ).run(
            query: work.query + start, key: work.key + keys, value: work.value + keys,
            into: work.attended + start)
          return
        }
        SequenceAttention(
          step: steps[chosen], view: recalled[chosen]?.view ?? steps[chosen].cache.view(index),
          firstVisible: steps[chosen].firstVisible(
            in: index, isRecalled: recalled[chosen] != nil, window: text.windows[index]),
          heads: text.heads, kvHeads: text.kvHeads, headDim: text.headDim,
          rounded: layer.query.type.isInteger,
          pool: pool
        ).run(
          query: work.query + start, into: work.attended + start, observed: &observed[chosen])
      }
    }
    for (step, first) in zip(steps, firstRows) {
      rotate(work.attended + first * text.heads * text.headDim, of: step)
    }
    for (step, layer) in observed.enumerated() { observations[step].layers[index] = layer }
  }

  /// Rotates a step's queries or attention's outputs, `[count, heads, headDim]`, where its cache stores
  /// rotated vectors (`CachePrecision.isRotated`).
  private func rotate(_ vectors: UnsafeMutablePointer<Float>, of step: SequenceStep) {
    guard step.cache.shape.precision.isRotated else { return }
    let width = configuration.heads * configuration.headDim
    pool.parallel(count: step.count, grain: 16) { rows in
      CachePrecision.rotate(vectors + rows.lowerBound * width, count: rows.count * width)
    }
  }

  /// Turns a step's queries and keys to their positions, and appends its keys and values to its
  /// cache.
  ///
  /// - Returns: sums over its queries before they were rotated; nil unless the step asks for them.
  private func append(
    _ step: SequenceStep, index: Int, firstRow: Int, _ work: DecoderWorkspace
  ) -> QuerySums? {
    let text = configuration
    let query = work.query + firstRow * text.heads * text.headDim
    let key = work.key + firstRow * text.kvHeads * text.headDim
    let value = work.value + firstRow * text.kvHeads * text.headDim
    let queryRows = step.observing.queryRows
    let queries =
      queryRows.isEmpty
      ? nil
      : QuerySums(
        query, rows: queryRows, heads: text.heads, headDim: text.headDim,
        frequencies: step.angles.frequencies, pool: pool)
    // Keys are stored after rotary embedding, so positions must never shift afterwards.
    Vector.rope(
      query, n: step.count, heads: text.heads, headDim: text.headDim, angles: step.angles,
      pool: pool)
    Vector.rope(
      key, n: step.count, heads: text.kvHeads, headDim: text.headDim, angles: step.angles,
      pool: pool)
    rotate(query, of: step)
    // Rows that are computed ahead are in the cache only while they attend.
    if step.ahead == nil {
      step.cache.append(
        layer: index, keys: key, values: value, count: step.count,
        concurrently: pool.parallel(_:_:))
    }
    return queries
  }

  private func feedForward(
    _ hidden: FloatBuffer, _ layer: DecoderLayer, rows: PassRows, _ work: DecoderWorkspace
  ) {
    PackedMatrix.multiplyGated(
      count: rows.count, apart: rows.apart, gate: layer.gate, up: layer.up, into: work.gated,
      pool: pool, rows: normed(hidden, layer.postNorm))
    layer.down.multiply(
      work.gated, count: rows.count, apart: rows.apart, into: hidden.pointer, adding: true,
      pool: pool)
  }
}

extension UnsafeMutablePointer<Float> {
  /// Moves the chosen rows (ascending) of `[rows, width]` to the front.
  fileprivate func keep(rows: [Int], of width: Int) {
    for (target, row) in rows.enumerated() where target < row {
      (self + target * width).update(from: self + row * width, count: width)
    }
  }
}
