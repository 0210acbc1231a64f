import KVCache

/// Which rotary position a decoded token gets.
public enum PositionRule: String, Sendable, CaseIterable {
  /// The number of positions seen before it.
  case `true`
  /// The reference implementation's rule: the current cache length of layer 0. It exists only to
  /// reproduce published numbers.
  case reference
}

/// What reading a prompt yields.
public struct Prefill: Sendable {
  /// `[vocabulary]`: logits of the prompt's last position, computed before anything was evicted.
  public let logits: [Float]
  /// What the retention policy did afterwards.
  public let report: ReconfigurationReport
  /// What it cost to attend to evicted entries; nil when there were none, or without recall.
  public let recall: RecallReport?
}

/// One sequence of positions on a model: prefill, then decode, under a budget that may change
/// between any two steps. `LlavaModel.session` makes one. Only the model's thread may use it.
public final class InferenceSession {
  /// The model that reads and continues the sequence.
  public let model: LlavaModel
  /// Policy, budget and what was recorded for them.
  public let retention: RetentionController
  /// Which rotary position a decoded token gets.
  public let positionRule: PositionRule
  /// The most positions that the sequence may come to have; rotary frequencies depend on it
  /// (longrope).
  let reach: Int
  /// Keys and values of the sequence.
  public var cache: KeyValueCache { retention.cache }

  init(
    model: LlavaModel, retention: RetentionController, positionRule: PositionRule, reach: Int
  ) {
    self.model = model
    self.retention = retention
    self.positionRule = positionRule
    self.reach = reach
  }

  /// A copy of the sequence, to go on with other tokens.
  package func fork() throws -> InferenceSession {
    InferenceSession(
      model: model, retention: try retention.fork(), positionRule: positionRule, reach: reach)
  }

  /// A copy of the sequence as it would be if its prompt had ended under another policy and budget.
  /// What the policy needs must have been recorded with the prompt: see `SessionOptions.recording`.
  ///
  /// - Parameters:
  ///   - positionRule: nil for that of this sequence.
  ///   - recording: what later prompts are read with beyond what the policy needs; nil for what this
  ///     sequence's are.
  package func fork(
    policy: any RetentionPolicy, budget: BudgetRequest, positionRule: PositionRule? = nil,
    recording: Set<RetentionNeed>? = nil
  ) throws -> InferenceSession {
    precondition(
      policy.needs.subtracting([.decodeAttention, .keys, .values]).isSubset(
        of: retention.recording),
      "\(policy.name) needs what was not recorded while the prompt was read")
    let fork = retention.copy(
      cache: try cache.copied(), policy: policy, budget: try resolved(budget),
      recording: recording)
    _ = try fork.promptCompleted()
    return InferenceSession(
      model: model, retention: fork, positionRule: positionRule ?? self.positionRule, reach: reach)
  }

  // MARK: Prefill

  /// Reads the prompt, or the new part of it, and applies the retention policy to all positions
  /// seen.
  ///
  /// - Parameters:
  ///   - image: rows for the prompt's image marker; required when the prompt has one.
  ///   - progress: rows times layers, done and in all; throw from it to stop, which leaves the
  ///     session as it was.
  /// - Throws: `ModelError.noPositions` for an empty prompt, `.contextFull` for one that the
  ///   context has no room for, `CacheError`, and what `progress` throws.
  public func prefill(
    _ prompt: Prompt, image: ImageEmbedding?,
    progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws -> Prefill {
    let reader = PromptReader(
      prompt, image: image, model: model, recording: retention.recording, reach: reach)
    guard reader.count > 0 else { throw ModelError.noPositions }
    try requireContext(for: reader.count)
    let before = cache.seen
    do {
      let (logits, recall) = try reader.read(into: retention, progress: progress)
      return Prefill(
        logits: logits, report: try retention.promptCompleted(),
        recall: recall.entries > 0 ? recall : nil)
    } catch {
      try retention.truncate(to: before)
      throw error
    }
  }

  /// Checks that the context has room for further positions.
  ///
  /// - Throws: `ModelError.contextFull`.
  package func requireContext(for count: Int) throws {
    try model.requireContext(for: cache.seen + count)
  }

  // MARK: Decode

  /// Appends one generated token to every layer and evicts what the budget no longer covers.
  ///
  /// - Returns: logits of the next token, `[vocabulary]`.
  /// - Throws: `ModelError.contextFull`, `ModelError.overflow`, after which the token is taken back,
  ///   `CacheError`, and `WeightError` when the model's file was changed after it was opened.
  public func decode(_ token: Int) throws -> [Float] {
    try Self.decode([(self, token)])
  }

  /// Decodes one token for each of several sequences on the same model: the weights are read once
  /// for all of them.
  ///
  /// - Returns: logits of the next tokens, `[sequences, vocabulary]`.
  /// - Throws: as for one token.
  public static func decode(_ steps: [(session: InferenceSession, token: Int)]) throws -> [Float] {
    try feed(steps.map { ($0.session, [$0.token]) }).logits
  }

  /// Appends tokens to several sequences on the same model in one pass: the weights are read once for
  /// all of them. Several tokens of one sequence see each other as if they came one after the other;
  /// only afterwards is anything evicted, so they are for sequences that evict nothing.
  ///
  /// - Parameters:
  ///   - feeds: one token for each sequence, or several.
  ///   - firstApart: whether the first sequence gets the bits that it would get without the others.
  ///     It does so anyway where they are few.
  ///   - watched: the sequence whose attention is wanted, which is fed one token; nil for none.
  ///   - segment: which part of the conversation the tokens belong to.
  /// - Returns: logits after each token, `[tokens of all sequences, vocabulary]`, and what the watched
  ///   sequence attended to.
  /// - Throws: as for one token.
  static func feed(
    _ feeds: [(session: InferenceSession, tokens: [Int])], firstApart: Bool = false,
    watching watched: Int? = nil,
    segment: Segment = .assistant
  ) throws -> (logits: [Float], attention: TokenAttention?) {
    let tokens = feeds.flatMap(\.tokens)
    guard let model = feeds.first?.session.model, !tokens.isEmpty else { return ([], nil) }
    for feed in feeds {
      try feed.session.requireContext(for: feed.tokens.count)
      try feed.session.cache.reserve(feed.tokens.count)
    }
    let hidden = try model.language.embeddings(of: tokens)
    let before = feeds.map(\.session.cache.seen)
    let output: LanguageModel.Output
    do {
      output = try model.language.forward(
        hidden,
        feeds.enumerated().map {
          $1.session.beginStep($1.tokens.count, segment, isWatched: $0 == watched)
        },
        apart: firstApart ? feeds[0].tokens.count : 0, logitsOf: Array(tokens.indices))
    } catch {
      // The caches hold the tokens already, and the records do not.
      for (feed, seen) in zip(feeds, before) { try feed.session.retention.truncate(to: seen) }
      throw error
    }
    let attention = watched.map {
      TokenAttention(output.observations[$0], over: feeds[$0].session.cache)
    }
    for (feed, observation) in zip(feeds, output.observations) {
      feed.session.retention.record(decoded: observation)
      try feed.session.retention.stepCompleted()
    }
    return (output.logits, attention)
  }

  /// Announces tokens to the cache and describes the forward step that appends them.
  private func beginStep(_ count: Int, _ segment: Segment, isWatched: Bool) -> SequenceStep {
    let position = positionRule == .true ? cache.seen : cache.length(0)
    cache.extend(count: count, segment: segment)
    var observing = ObservationRequest.nothing
    observing.received = retention.recordsDecodedTokens || isWatched
    return SequenceStep(
      cache: cache, angles: model.language.angles(position..<position + count, reach: reach),
      phase: count == 1 ? .decode : .prefill, observing: observing)
  }

  // MARK: Budget

  /// The share of the positions seen so far that a request for a budget means.
  func resolved(_ request: BudgetRequest) throws -> Budget {
    try request.resolved(
      seen: cache.seen, bytesPerEntry: cache.shape.bytesPerEntry, layers: cache.shape.layers)
  }

  /// Changes the budget between any two steps.
  func set(budget request: BudgetRequest) throws -> ReconfigurationReport {
    try retention.set(budget: try resolved(request))
  }
}
