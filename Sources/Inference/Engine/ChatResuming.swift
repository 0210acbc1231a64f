import KVCache

/// A conversation that was held before and is to go on.
public struct Resumption: Sendable, Equatable {
  /// In their order.
  public var turns: [ResumedTurn]
  /// Whether it is about the picture that was loaded last.
  public var hasPicture: Bool
  /// The file that `keepEntries` has written; nil without one.
  public var entries: String?
  /// At most so many rows of the picture enter the language model; nil: all.
  public var pictureTokens: PictureTokens?

  /// Each parameter is the property of its name.
  public init(
    turns: [ResumedTurn], hasPicture: Bool, entries: String? = nil,
    pictureTokens: PictureTokens? = nil
  ) {
    self.turns = turns
    self.hasPicture = hasPicture
    self.entries = entries
    self.pictureTokens = pictureTokens
  }
}

/// A question and its answer as they were.
public struct ResumedTurn: Sendable, Equatable {
  /// What the cache was kept under: a registered policy or `prefixkv:FILE`, and a share in (0, 1].
  public struct Condition: Sendable, Equatable {
    public var policy: String
    public var budget: Double

    /// Each parameter is the property of its name.
    public init(policy: String, budget: Double) {
      self.policy = policy
      self.budget = budget
    }
  }

  public var question: String
  public var answer: String
  /// The answer as it was generated; empty where only its text is known. What does not fit the model
  /// and the text is not used.
  public var tokens: [Int]
  /// What the answer was begun and ended under; nil for what is in force.
  public var first: Condition?
  public var last: Condition?

  /// Each parameter is the property of its name.
  public init(
    question: String, answer: String, tokens: [Int], first: Condition?, last: Condition?
  ) {
    self.question = question
    self.answer = answer
    self.tokens = tokens
    self.first = first
    self.last = last
  }
}

extension ChatSession {
  /// Begins a conversation anew that was held before, with the picture at hand: every question and
  /// every answer is read, each under the policy and the budget that it had, and nothing is answered.
  /// Policy and budget are afterwards what they were before the call.
  ///
  /// Under the full budget the next greedy answer is the one that the conversation would have got.
  /// Under a smaller one the entries that are kept may differ a little, because an answer is read at
  /// once and not token by token, under the budget that it ended with.
  ///
  /// With a file of entries the turns that it holds are not read, and what they left in the cache is
  /// there bit for bit. A file that does not fit is not used, and the observer is told why.
  ///
  /// The observer is told where the words of every turn stand, so that it can ask about them.
  ///
  /// - Throws: `ModelError.cancelled` when the observer stopped it, `.contextFull`, `CacheError`, and
  ///   what policies throw. The conversation is then a new one.
  public func resume(
    _ turns: [ResumedTurn], entries: String? = nil, observer: any AnswerObserver
  ) throws {
    let (policy, budget) = (options.policy, options.budget)
    do {
      try clear()
      if let first = turns.first { try chooseRows(for: first.question, observer) }
      let there = try takeEntries(from: entries, of: turns, observer)
      // Policy and budget are in force; applied anew they would choose other entries.
      if there == turns.count { return tellTurns(to: observer) }
      for turn in turns[there...] {
        try apply(turn.first)
        _ = try read(turn.question, observer: observer)
        try apply(turn.last)
        try read(answer(of: turn), observer: observer)
      }
    } catch {
      options.policy = policy
      options.budget = budget
      try clear()
      throw error
    }
    try setPolicy(policy)
    try setBudget(budget)
    tellTurns(to: observer)
  }

  private func tellTurns(to observer: any AnswerObserver) {
    for turn in asked.indices {
      guard let start = answerStart(of: turn) else { continue }
      let prompt = Array(cached[asked[turn].cached..<start.index])
      let imageRows = image?.count ?? 0
      let question = Prompt(tokens: prompt, segments: prompt.map { _ in .user })
      let end = asked[turn].seen + question.rows(imageRows: imageRows)
      var decoder = StreamingDecoder(model.tokenizer)
      var answer = start.ids.enumerated().map { index, id in
        AnsweredToken(position: end + index, text: decoder.append(id))
      }
      answer[answer.count - 1].text += decoder.finish()
      observer.receive(
        .turnResumed(
          turn,
          question: question.words(from: asked[turn].seen, imageRows: imageRows, model.tokenizer),
          answer: answer))
    }
  }

  /// Where in `cached` the answer of a turn begins, and its tokens; nil where they are not known.
  private func answerStart(of turn: Int) -> (index: Int, ids: [Int])? {
    guard case .tokens(var ids)? = conversation.turns[turn].answer else { return nil }
    if ids.last.map(model.tokenizer.specials.ends.contains) == true { ids.removeLast() }
    let next = turn + 1 < asked.count ? asked[turn + 1].cached : cached.count
    // The last token of an answer that was stopped came into the cache with the next question.
    let start = [next, next + 1].map { $0 - ids.count }.first { start in
      start >= asked[turn].cached && start + ids.count <= cached.count
        && cached[start..<start + ids.count].elementsEqual(ids.map(PromptToken.token))
    }
    return ids.isEmpty ? nil : start.map { ($0, ids) }
  }

  /// - Returns: how many of the turns need not be read.
  private func takeEntries(
    from path: String?, of turns: [ResumedTurn], _ observer: any AnswerObserver
  ) throws -> Int {
    guard let path else { return 0 }
    let asTurns = turns.enumerated().map { index, turn in
      Turn(
        turn.question, image: hasPicture && index == 0 ? .first : nil, answer: answer(of: turn))
    }
    do {
      return try takeEntries(from: path, of: asTurns, turns.map(\.question))
    } catch {
      let reason = error is ArchiveError ? "'\(path)' cannot be used: \(error)." : "\(error)"
      observer.receive(.notice("\(reason) The conversation is read anew."))
      try clear()
      return 0
    }
  }

  private func apply(_ condition: ResumedTurn.Condition?) throws {
    guard let condition else { return }
    try setPolicy(RetentionPolicies.named(condition.policy))
    try setBudget(.share(condition.budget))
  }

  /// The tokens, unless they are another model's.
  private func answer(of turn: ResumedTurn) -> Turn.Answer {
    let vocabulary = 0..<model.configuration.text.vocabulary
    guard !turn.tokens.isEmpty, turn.tokens.allSatisfy(vocabulary.contains),
      model.tokenizer.decode(turn.tokens).contains(turn.answer)
    else { return .text(turn.answer) }
    return .tokens(turn.tokens)
  }

  /// Reads an answer as if it had been generated just now.
  func read(_ answer: Turn.Answer, observer: any AnswerObserver) throws {
    let last = conversation.turns.count - 1
    conversation.turns[last].answer = answer
    let prompt = conversation.prompt(model.tokenizer)
    let new = prompt.suffix(from: cached.count)
    // What the cache holds must stay the beginning of later prompts, however a text is cut there.
    let ids = new.tokens.compactMap { token in
      if case .token(let id) = token { id } else { nil }
    }
    conversation.turns[last].answer = .tokens(ids)
    guard !ids.isEmpty else { return }
    // An answer saw what its budget had left when it was generated.
    session.retention.set(recall: false)
    defer { session.retention.set(recall: options.recalls) }
    _ = try session.prefill(new, image: nil) { done, total in
      try report(.prefill, done: done, total: total, to: observer)
    }
    cached = prompt.tokens
  }
}
