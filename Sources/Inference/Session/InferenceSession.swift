import KVCache

/// Which rotary position a decoded token gets.
public enum PositionRule: String, Sendable, CaseIterable {
  /// The number of tokens seen before it.
  case `true`
  /// The reference implementation's rule: the current cache length of layer 0. Exists only to
  /// reproduce published numbers.
  case reference
}

/// One sequence of positions on a model: prefill, decode, under a budget that may change between
/// any two steps.
public final class InferenceSession {
  public let model: LlavaModel
  public let retention: RetentionController
  public let positionRule: PositionRule
  public var cache: KeyValueCache { retention.cache }

  /// Longest run of prompt rows that goes through the decoder at once; bounds working memory.
  private static let chunk = 1024

  /// `LlavaModel.session` makes a new sequence.
  init(model: LlavaModel, retention: RetentionController, positionRule: PositionRule) {
    self.model = model
    self.retention = retention
    self.positionRule = positionRule
  }

  /// The same sequence a second time, to go on with other tokens.
  package func fork() throws -> InferenceSession {
    InferenceSession(model: model, retention: try retention.fork(), positionRule: positionRule)
  }

  /// The same sequence a second time, as if its prompt had ended under another policy and budget.
  ///
  /// - Parameter positionRule: nil for that of this sequence.
  package func fork(
    policy: any RetentionPolicy, budget: BudgetRequest, positionRule: PositionRule? = nil
  ) throws -> InferenceSession {
    let fork = retention.copy(
      cache: try cache.checkpointCopy(), policy: policy, budget: try resolved(budget))
    _ = try fork.promptCompleted()
    return InferenceSession(
      model: model, retention: fork, positionRule: positionRule ?? self.positionRule)
  }

  /// What a request for a budget means for the positions seen so far.
  func resolved(_ request: BudgetRequest) throws -> Budget {
    try request.resolved(
      seen: cache.seen, bytesPerEntry: cache.shape.bytesPerEntry, layers: cache.shape.layers)
  }

  /// Changes the budget between any two steps.
  func set(budget request: BudgetRequest) throws -> ReconfigurationReport {
    try retention.set(budget: try resolved(request))
  }

  /// Runs the prompt (or the new part of it) and applies the retention policy to all that was seen.
  ///
  /// - Parameters:
  ///   - image: rows for the prompt's image marker; needed when there is one.
  ///   - progress: work done and in all; throw from it to stop, which leaves the session as it was.
  /// - Returns: logits of the last position `[vocabulary]`, computed before anything is evicted,
  ///   and what the configuration did.
  public func prefill(
    _ prompt: Prompt, image: ImageEmbedding?,
    progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws -> (logits: [Float], report: ReconfigurationReport) {
    let before = cache.seen
    do {
      let logits = try run(prompt, image: image, progress: progress)
      return (logits, try retention.promptCompleted())
    } catch {
      try retention.truncate(to: before)
      throw error
    }
  }

  /// Appends one generated token everywhere and evicts what the budget no longer covers.
  ///
  /// - Returns: logits of the next token `[vocabulary]`.
  public func decode(_ token: Int) throws -> [Float] {
    try Self.decode([(self, token)])
  }

  /// One token of each of several sequences on the same model: the weights are read once for all.
  ///
  /// - Returns: logits of the next tokens `[sequences, vocabulary]`.
  public static func decode(_ steps: [(session: InferenceSession, token: Int)]) throws -> [Float] {
    guard let model = steps.first?.session.model else { return [] }
    for step in steps {
      try step.session.requireContext(for: 1)
      try step.session.cache.reserve(1)
    }
    let width = model.configuration.text.width
    let hidden = try FloatBuffer(count: steps.count * width) { rows in
      for (index, step) in steps.enumerated() {
        try model.language.embed(step.token, into: rows + index * width)
      }
    }
    let logits = try model.language.forward(
      hidden, steps.map { $0.session.beginStep() }, logitsOf: Array(steps.indices))
    for step in steps { try step.session.retention.stepCompleted() }
    return logits
  }

  /// Announces one generated token to the cache.
  private func beginStep() -> Stretch {
    let position = positionRule == .true ? cache.seen : cache.length(0)
    cache.extend(count: 1, segment: .assistant)
    return Stretch(
      retention: retention, angles: model.language.angles(position..<position + 1), phase: .decode)
  }

  private func requireContext(for count: Int) throws {
    let needed = cache.seen + count
    let context = model.configuration.text.context
    guard needed <= context else { throw ModelError.contextFull(needed: needed, context: context) }
  }

  private func run(
    _ prompt: Prompt, image: ImageEmbedding?,
    progress: (_ done: Int, _ total: Int) throws -> Void
  ) throws -> [Float] {
    let rows = PromptRows(prompt, image: image, language: model.language)
    guard rows.count > 0 else { throw ModelError.noPositions }
    try requireContext(for: rows.count)
    try cache.reserve(rows.count)
    let layers = model.configuration.text.layers
    var logits: [Float] = []
    var done = 0
    while done < rows.count {
      let count = min(Self.chunk, rows.count - done)
      let start = cache.seen
      for run in rows.segmentRuns(done..<done + count) {
        cache.extend(count: run.count, segment: run.segment)
      }
      let angles = model.language.angles(start..<start + count)
      // Only the prompt's last row says what comes next.
      logits = try model.language.forward(
        try rows.embeddings(done..<done + count),
        [Stretch(retention: retention, angles: angles, phase: .prefill)],
        logitsOf: done + count == rows.count ? [count - 1] : []
      ) { layer, _ in
        try progress(done * layers + layer * count, rows.count * layers)
      }
      done += count
    }
    return logits
  }
}
