import KVCache

/// Sends a prompt through the decoder in chunks, and records what the retention policy needs.
struct PromptReader {
  private let rows: PromptRows
  private let model: LlavaModel
  private let recording: Set<RetentionNeed>
  /// The most positions that the sequence may come to have.
  private let reach: Int
  /// A request to repeat the prompt, followed by the prompt again; nil unless a policy needs a
  /// second pass.
  private let repetition: PromptRows?

  init(
    _ prompt: Prompt, image: ImageEmbedding?, model: LlavaModel, recording: Set<RetentionNeed>,
    reach: Int
  ) {
    rows = PromptRows(prompt, image: image, language: model.language)
    self.model = model
    self.recording = recording
    self.reach = reach
    repetition =
      recording.contains(.secondPass)
      ? PromptRows(
        prompt.asRepetition(model.tokenizer), image: image, language: model.language) : nil
  }

  /// Positions that the prompt takes.
  var count: Int { rows.count }

  /// Appends the prompt to the cache, which must have room for it in the model's context.
  ///
  /// - Parameter progress: rows times layers, done and in all; throw from it to stop. The cache
  ///   must then be truncated.
  /// - Returns: logits of the last position, `[vocabulary]`, and what recall cost.
  func read(
    into retention: RetentionController, progress: (_ done: Int, _ total: Int) throws -> Void
  ) throws -> (logits: [Float], recall: RecallReport) {
    let cache = retention.cache
    let recalls = retention.isRecalling
    let repetition = roomForRepetition(behind: cache.seen + rows.count)
    let all = rows.count + (repetition?.count ?? 0)
    var logits: [Float] = []
    var recall = RecallReport()
    try forEachChunk(of: rows, in: cache, recalls: recalls, observing: request) { output in
      retention.record(prompt: output.observations[0])
      recall.add(output.observations[0].recall)
      logits = output.logits
    } progress: {
      try progress($0, all * layers)
    }
    if let repetition {
      let pass = try largestAttention(of: repetition, over: cache, recalls: recalls) {
        try progress(rows.count * layers + $0, all * layers)
      }
      retention.record(secondPass: pass.largest)
      recall.add(pass.recall)
    }
    return (logits, recall)
  }

  private var layers: Int { model.configuration.text.layers }

  // MARK: Chunks

  private func forEachChunk(
    of rows: PromptRows, in cache: KeyValueCache, recalls: Bool,
    observing request: (_ chunk: Range<Int>, _ start: Int) -> ObservationRequest,
    _ body: (LanguageModel.Output) -> Void, progress: (_ done: Int) throws -> Void
  ) throws {
    try cache.reserve(rows.count)
    for first in stride(from: 0, to: rows.count, by: LanguageModel.promptChunk) {
      let chunk = first..<min(rows.count, first + LanguageModel.promptChunk)
      let start = cache.seen
      for run in rows.segmentRuns(chunk) {
        cache.extend(count: run.rows.count, segment: run.segment)
      }
      let step = SequenceStep(
        cache: cache, angles: model.language.angles(start..<start + chunk.count, reach: reach),
        phase: .prefill, observing: request(chunk, start), recalls: recalls)
      // Only the logits of the prompt's last row are used: they predict the answer's first token.
      let output = try model.language.forward(
        try rows.embeddings(chunk), [step],
        logitsOf: chunk.upperBound == rows.count ? [chunk.count - 1] : []
      ) { layer, _ in try progress(first * layers + layer * chunk.count) }
      body(output)
    }
  }

  /// What to observe while a chunk of the prompt is read. The chunk's first position is `start`.
  private func request(_ chunk: Range<Int>, start: Int) -> ObservationRequest {
    var request = ObservationRequest()
    request.received = recording.contains(.importance)
    // The window ends with the prompt, wherever the chunks end.
    let window = (rows.count - RetentionController.observationWindow..<rows.count)
      .clamped(to: chunk)
    if recording.contains(.window) { request.windowRows = window.count }
    if recording.contains(.peaks) {
      request.largestRows =
        window.lowerBound - chunk.lowerBound..<window.upperBound - chunk.lowerBound
    }
    if recording.contains(.queryMoments) {
      request.queryRows = min(chunk.count, max(0, QueryMoments.sinks - start))..<chunk.count
    }
    for case .attention(let segments) in recording {
      request.rowsBySegments[segments] = rows.segmentRuns(chunk)
        .filter { segments.contains($0.segment) }
        .map { $0.rows.lowerBound - chunk.lowerBound..<$0.rows.upperBound - chunk.lowerBound }
    }
    return request
  }

  // MARK: Second pass

  /// The repetition, or nil when the context has no room for it after the prompt.
  private func roomForRepetition(behind seen: Int) -> PromptRows? {
    guard let repetition, seen + repetition.count <= model.configuration.text.context else {
      return nil
    }
    return repetition
  }

  /// Reads the repetition after the prompt, in a copy of the cache that is discarded afterwards.
  ///
  /// - Returns: `[layers][slots]`: the largest attention, over query heads and the repetition's
  ///   rows, that each entry of `cache` received, with recall each position; and what recall cost.
  private func largestAttention(
    of repetition: PromptRows, over cache: KeyValueCache, recalls: Bool,
    progress: (_ done: Int) throws -> Void
  ) throws -> (largest: [[Float]], recall: RecallReport) {
    var recall = RecallReport()
    var largest = (0..<layers).map {
      [Float](repeating: 0, count: recalls ? cache.seen : cache.length($0))
    }
    try forEachChunk(
      of: repetition, in: cache.copied(), recalls: recalls,
      observing: { chunk, _ in
        var request = ObservationRequest()
        request.largestRows = 0..<chunk.count
        return request
      }
    ) { output in
      recall.add(output.observations[0].recall)
      for (layer, seen) in output.observations[0].layers.enumerated() {
        for slot in largest[layer].indices {
          largest[layer][slot] = max(largest[layer][slot], seen.largest[slot])
        }
      }
    } progress: {
      try progress($0)
    }
    return (largest, recall)
  }
}

extension Prompt {
  /// What the model reads in a second pass: a request to repeat the prompt, then the prompt.
  ///
  /// Source: Kim et al., "KVzip: Query-Agnostic KV Cache Compression with Context Reconstruction",
  /// https://arxiv.org/abs/2505.23416, whose words these are.
  fileprivate func asRepetition(_ tokenizer: Tokenizer) -> Prompt {
    var repetition = Prompt()
    let request = "\n\nRepeat the previous context exactly."
    for id in tokenizer.encode(request) { repetition.append(.token(id), .user) }
    // The begin token is left out: a second one would draw attention away from what is repeated.
    let begin = tokenizer.specials.begin.map(PromptToken.token)
    for (token, segment) in zip(tokens, segments) where token != begin {
      repetition.append(token, segment)
    }
    return repetition
  }
}
