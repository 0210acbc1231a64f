import KVCache

/// Answers side by side, from one prefill.
extension ChatSession {
  /// Answers the last question under each of several policies and budgets. The conversation stays
  /// as it is; `adopt` goes on with one of the columns.
  ///
  /// A column's text is what `ask` alone gives under its policy and budget, as long as the prompt
  /// itself was the conversation's first: earlier answers were written under the budget of their
  /// time, and without recall later prompts saw only what it had left.
  ///
  /// - Throws: `ChatError.nothingToCompare` before the first question, `ComparisonError`, and what
  ///   policies and caches throw.
  public func compare(
    _ columns: [ComparisonColumn], observer: any AnswerObserver
  ) throws -> [ComparedAnswer] {
    guard let promptEnd else { throw ChatError.nothingToCompare }
    compared = []  // their memory first
    let base = try session.fork()
    try base.retention.truncate(to: promptEnd.seen)
    let comparison = try Comparison(
      columns, from: base, promptLogits: promptEnd.logits, sampling: options.sampling,
      stops: stops, observer: observer)
    let answers = try comparison.run()
    compared = comparison.columns
    return answers
  }

  /// Reads a question and answers it under each of several policies and budgets.
  ///
  /// - Throws: as `ask` and `compare`.
  public func ask(
    _ question: String, comparing columns: [ComparisonColumn], observer: any AnswerObserver
  ) throws -> [ComparedAnswer] {
    _ = try read(question, observer: observer)
    return try compare(columns, observer: observer)
  }

  /// Goes on with a column of the last comparison as if it had been the answer; its policy and
  /// budget are then those of the conversation.
  ///
  /// - Returns: the answer's tokens with what is known of them, as if it had been generated just now.
  /// - Throws: `ChatError.noColumn`, also when something was asked since the comparison.
  @discardableResult
  public func adopt(column: Int) throws -> AdoptedAnswer {
    guard let promptEnd, compared.indices.contains(column) else {
      throw ChatError.noColumn(column, columns: compared.count)
    }
    let chosen = compared[column]
    session = chosen.session
    options.policy = chosen.session.retention.policy
    options.budget = chosen.request.budget
    // What the cache has seen: the last token of an answer may not have been fed.
    let fed = session.cache.seen - promptEnd.seen
    cached.removeSubrange(promptEnd.cached...)
    cached += chosen.tokens.prefix(fed).map(PromptToken.token)
    conversation.turns[conversation.turns.count - 1].answer = .tokens(chosen.tokens)
    compared = []
    let qualities = chosen.verdicts.enumerated().map { index, verdict in
      TokenQuality(
        verdict, position: promptEnd.seen + index, tokenizer: model.tokenizer, twinBytes: 0,
        approximateFrom: approximateFrom, isEnd: index >= chosen.told.count)
    }
    return AdoptedAnswer(ids: chosen.tokens, tokens: chosen.told, qualities: qualities)
  }
}
