import KVCache

/// One question answered under several policies and budgets: they begin at the same prompt's end
/// and are decoded together, so that the weights are read once a step for all of them.
final class Comparison {
  let columns: [Column]
  private let base: InferenceSession
  private let promptLogits: [Float]
  private let observer: any AnswerObserver

  /// One column, while its answer is made and afterwards.
  final class Column {
    let request: ComparisonColumn
    let session: InferenceSession
    fileprivate(set) var running: RunningAnswer
    fileprivate var text = ""
    fileprivate(set) var finish: FinishReason?
    fileprivate(set) var rate = 0.0
    /// Text, probability and alternatives of each token.
    fileprivate(set) var told: [AnsweredToken] = []
    /// What the full cache makes of each token and of what ended the answer; empty until then.
    fileprivate(set) var verdicts: [Verdict] = []
    /// `[count, vocabulary]`: predictions that were not scored yet, and the tokens among them.
    fileprivate var predictions: [Float] = []
    fileprivate var unscored: [Int] = []
    fileprivate var scorer: FullCacheScorer?

    var tokens: [Int] { running.tokens }

    fileprivate init(
      _ request: ComparisonColumn, _ session: InferenceSession, _ running: RunningAnswer
    ) {
      self.request = request
      self.session = session
      self.running = running
    }
  }

  /// Predictions that wait to be scored, in floats: beyond, they are scored before all answers
  /// have ended, which needs a full cache for each column.
  private static let mostPredictions = 32 << 20

  /// - Parameters:
  ///   - base: at the prompt's end. It is used up.
  ///   - promptLogits: `[vocabulary]`
  /// - Throws: `ComparisonError.notRecorded`, and what policies and caches throw.
  init(
    _ requests: [ComparisonColumn], from base: InferenceSession, promptLogits: [Float],
    sampling: SamplingOptions, stops: [String], observer: any AnswerObserver
  ) throws {
    self.base = base
    self.promptLogits = promptLogits
    self.observer = observer
    let policies = try requests.map { try RetentionPolicies.named($0.policy) }
    for policy in policies {
      guard let what = base.retention.missing(for: policy) else { continue }
      throw ComparisonError.notRecorded(policy: policy.name, what: what)
    }
    // The answers' clocks begin when all caches are there.
    let forks = try zip(requests, policies).map { try base.fork(policy: $1, budget: $0.budget) }
    for note in Set(forks.compactMap { $0.retention.lastPlan?.note }).sorted() {
      observer.receive(.notice(note))
    }
    columns = zip(requests, forks).map { request, session in
      Column(
        request, session,
        RunningAnswer(sampling, tokenizer: base.model.tokenizer, stops: stops))
    }
    maximumTokens = sampling.maximumTokens
  }

  private let maximumTokens: Int

  /// Generates all answers, then scores them.
  ///
  /// - Returns: one answer a column. When the observer stopped it, what there was is scored.
  func run() throws -> [ComparedAnswer] {
    tell(.began(columns.map(\.request)))
    try decode()
    var answers = columns.map(answer)
    for index in columns.indices {
      try score(columns[index])
      let agreement = columns[index].scorer?.agreement ?? Agreement(meanKL: 0, share: 1)
      columns[index].verdicts = columns[index].scorer?.verdicts ?? []
      columns[index].scorer = nil
      answers[index].agreement = agreement
      tell(.scored(column: index, agreement))
    }
    tell(.ended)
    return answers
  }

  private func tell(_ event: ComparisonEvent) { observer.receive(.comparison(event)) }

  // MARK: Answers

  private func decode() throws {
    var logits = columns.map { _ in promptLogits }
    while true {
      var steps: [(index: Int, token: Int)] = []
      for (index, column) in columns.enumerated() where column.finish == nil {
        if let token = try choose(index, logits[index]) { steps.append((index, token)) }
      }
      observer.betweenTokens()
      if observer.isCancelled { for step in steps { end(step.index, .cancelled) } }
      steps.removeAll { columns[$0.index].finish != nil }
      guard !steps.isEmpty else { return }
      do {
        // More at once would be rounded otherwise than an answer alone.
        for first in stride(from: 0, to: steps.count, by: InferenceSession.mostTokensAhead) {
          let some = steps[first...].prefix(InferenceSession.mostTokensAhead)
          let rows = try InferenceSession.decode(
            some.map { (columns[$0.index].session, $0.token) })
          let width = rows.count / some.count
          for (row, step) in some.enumerated() {
            logits[step.index] = Array(rows[row * width..<(row + 1) * width])
          }
        }
      } catch ModelError.contextFull {
        for step in steps { end(step.index, .contextFull) }
        return
      }
    }
  }

  /// Takes the next token into a column's answer.
  ///
  /// - Returns: the token to feed; nil when the answer has ended.
  private func choose(_ index: Int, _ logits: [Float]) throws -> Int? {
    let column = columns[index]
    guard column.tokens.count < maximumTokens else {
      end(index, .maximumTokens)
      return nil
    }
    let token = column.running.choose(logits)
    try keep(logits, for: column)
    if base.model.tokenizer.specials.ends.contains(token) {
      end(index, .endOfSequence)
      return nil
    }
    column.unscored.append(token)
    let choice = TokenChoice(
      position: base.cache.seen + column.told.count, token: token, logits: logits,
      tokenizer: base.model.tokenizer)
    column.told.append(AnsweredToken(position: choice.position, text: "", choice: choice))
    show(column.running.append(token), index)
    guard column.running.isStopped else { return token }
    end(index, .stopString)
    return nil
  }

  private func show(_ text: String, _ index: Int) {
    columns[index].text += text
    if let last = columns[index].told.indices.last { columns[index].told[last].text += text }
    if !text.isEmpty { tell(.token(column: index, text: text)) }
  }

  private func end(_ index: Int, _ reason: FinishReason) {
    let column = columns[index]
    column.rate = column.running.tokensPerSecond
    show(column.running.finish(), index)
    column.finish = reason
    tell(.finished(column: index, answer(column)))
  }

  private func answer(_ column: Column) -> ComparedAnswer {
    let snapshot = column.session.retention.snapshot
    let image = snapshot.layers.reduce(0) { $0 + $1.image }
    return ComparedAnswer(
      column: column.request, text: column.text, tokens: column.tokens.count,
      finish: column.finish ?? .cancelled, budget: snapshot.budget,
      bytesKept: snapshot.bytesKept, bytesFull: snapshot.bytesFull, imageEntries: image,
      textEntries: snapshot.layers.reduce(0) { $0 + $1.retained } - image,
      decodeTokensPerSecond: column.rate)
  }

  // MARK: Scores

  private func keep(_ logits: [Float], for column: Column) throws {
    column.predictions += logits
    guard columns.reduce(0, { $0 + $1.predictions.count }) > Self.mostPredictions else { return }
    for column in columns { try score(column) }
  }

  /// Scores what has been generated since the last time.
  private func score(_ column: Column) throws {
    let scorer =
      try column.scorer
      ?? FullCacheScorer(
        base.fork(policy: RetentionPolicies.named("full"), budget: .share(1)), after: promptLogits)
    column.scorer = scorer
    try scorer.score(column.unscored, predictions: column.predictions)
    column.predictions = []
    column.unscored = []
  }
}
