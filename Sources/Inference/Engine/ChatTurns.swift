import Basics
import KVCache

/// Turns: reads a question, answers it again, or takes it back.
extension ChatSession {
  /// A question, and the number of positions that the cache had seen before it.
  struct AskedQuestion {
    let text: String
    let seen: Int
    /// The length of `cached` at that moment.
    let cached: Int
    /// What the cache had seen when its prompt was read; nil where a kept conversation does not tell.
    var end: Int?
    /// Whether its prompt attended to evicted entries.
    var recalled = false
  }

  /// Where a prompt ended, and what the model made of it.
  struct PromptEnd {
    /// Positions seen, the picture's included.
    let seen: Int
    /// `[vocabulary]`
    let logits: [Float]
    /// The length of `cached` at that moment.
    let cached: Int
    /// Positions that this turn's prefill added.
    let added: Int
  }

  /// Answers a question; the transcript then holds both.
  ///
  /// When it throws or is stopped before the first token, the conversation is as it was before.
  ///
  /// - Throws: `ModelError.cancelled` when the observer stopped it before the first token,
  ///   `.contextFull` before the picture is encoded when the prompt has no room, and `CacheError`.
  public func ask(_ question: String, observer: any AnswerObserver) throws -> AnswerStatistics {
    let read = try read(question, observer: observer)
    return try answer(
      from: read.logits, start: read.start, recall: read.recall, observer: observer)
  }

  /// Reads a question; an answer, or several, can then be generated.
  ///
  /// - Returns: `[vocabulary]` of the prompt's last position, when reading it began, and what recall
  ///   cost.
  func read(_ question: String, observer: any AnswerObserver) throws -> (
    logits: [Float], start: ContinuousClock.Instant, recall: RecallReport?
  ) {
    compared = []
    var continued = conversation
    let placement: ImagePlacement? = hasPicture && conversation.turns.isEmpty ? .first : nil
    continued.turns.append(Turn(question, image: placement))
    let prompt = continued.prompt(model.tokenizer)
    let layout = try layout(for: prompt)
    // The rows that enter are chosen below; there are not more of them than the options allow.
    let most = layout.map { options.pictureTokens.most(of: $0.count) }
    let rows = prompt.rows(imageRows: most ?? image?.count ?? 0)
    try model.requireContext(for: rows)
    let longer = try sequence(for: rows)
    let new = prompt.suffix(from: longer == nil ? cached.count : 0)
    try encodePicture(as: layout, for: question, observer)
    try chooseRows(for: question, observer)

    let start = ContinuousClock().now
    // Earlier turns have the same positions even when they are read again.
    let seen = self.session.cache.seen
    let session = longer ?? self.session
    let before = session.cache.seen
    pace.announce(new.rows(imageRows: image?.count ?? 0), to: observer)
    let prefill = try session.prefill(new, image: image) { done, total in
      try report(.prefill, done: done, total: total, to: observer)
    }
    pace.measured(positions: session.cache.seen - before, in: ContinuousClock().now - start)
    asked.append(
      AskedQuestion(
        text: question, seen: seen, cached: cached.count, end: session.cache.seen,
        recalled: prefill.recall != nil))
    self.session = session
    conversation = continued
    cached = prompt.tokens
    // A budget in entries or bytes is a smaller share now that more positions were seen.
    var told = prefill.report
    if case .share = options.budget {} else { told.note = try setBudget(options.budget).note }
    promptEnd = PromptEnd(
      seen: session.cache.seen, logits: prefill.logits, cached: cached.count,
      added: session.cache.seen - before)
    observer.receive(.reconfigured(news(told)))
    observer.receive(
      .promptRead(new.words(from: before, imageRows: image?.count ?? 0, model.tokenizer)))
    return (prefill.logits, start, prefill.recall)
  }

  /// Answers the last question once more. The prompt's cache and logits are usually still there, so
  /// nothing is prefilled; after `undo` the prompt is read again.
  ///
  /// - Parameter sampling: how the tokens of this answer are chosen; nil goes on with the options' and
  ///   their next seed.
  /// - Throws: `ChatError.nothingToRegenerate` before the first question.
  public func regenerate(
    sampling: SamplingOptions? = nil, observer: any AnswerObserver
  ) throws -> AnswerStatistics {
    guard let question = asked.last?.text else { throw ChatError.nothingToRegenerate }
    if sampling == nil { options.sampling.seed &+= 1 }
    let usual = options.sampling
    options.sampling = sampling ?? usual
    defer { options.sampling = usual }
    guard let promptEnd else {
      try undo()
      return try ask(question, observer: observer)
    }
    let start = ContinuousClock().now
    compared = []
    try session.retention.truncate(to: promptEnd.seen)
    cached.removeSubrange(promptEnd.cached...)
    return try answer(from: promptEnd.logits, start: start, observer: observer)
  }

  /// Takes the last question and its answer back: the conversation is as it was before it.
  ///
  /// - Throws: `ChatError.nothingToUndo` before the first question, and `CacheError`.
  public func undo() throws {
    guard let last = asked.last else { throw ChatError.nothingToUndo }
    compared = []
    try session.retention.truncate(to: last.seen)
    asked.removeLast()
    cached.removeSubrange(last.cached...)
    conversation.turns.removeLast()
    promptEnd = nil
  }

  /// A new sequence when the one at hand cannot become as long as the prompt and its answer, because
  /// its keys are rotated for shorter sequences (longrope), or need not be rotated for longer ones.
  /// The whole conversation is then read once more.
  private func sequence(for prompt: Int) throws -> InferenceSession? {
    let reach = model.reach(prompt: prompt, answer: options.sampling.maximumTokens)
    let rotary = model.configuration.text.rotary
    guard rotary.frequencies(reach: reach) != rotary.frequencies(reach: session.reach) else {
      return nil
    }
    let session = try Self.session(model, options, reach: reach)
    _ = try session.set(budget: options.budget)
    return session
  }
}
