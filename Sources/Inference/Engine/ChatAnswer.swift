import Basics
import KVCache

/// An answer: tokens one after the other, until something ends it.
extension ChatSession {
  /// Generates an answer to the prompt that was read last.
  ///
  /// - Parameters:
  ///   - promptLogits: `[vocabulary]` of the prompt's last position.
  ///   - start: when reading the prompt began.
  ///   - recall: what it cost to let it see evicted entries.
  func answer(
    from promptLogits: [Float], start: ContinuousClock.Instant, recall: RecallReport? = nil,
    observer: any AnswerObserver
  ) throws -> AnswerStatistics {
    let firstToken = ContinuousClock().now - start
    let added = promptEnd?.added ?? 0
    observer.receive(.answerStarted(promptTokens: added, timeToFirstToken: firstToken))
    observer.receive(.cache(snapshot))
    var running = RunningAnswer(options.sampling, tokenizer: model.tokenizer, stops: stops)
    // The next prompt repeats what was generated, also when an error ended it.
    defer { conversation.turns[conversation.turns.count - 1].answer = .tokens(running.tokens) }
    let ahead = lookAhead()
    let twin = try options.hasTwin ? twin(promptLogits) : nil
    scoresAreDue = false
    let finish = try decode(
      &running, from: promptLogits, beside: twin, ahead: ahead, observer: observer)
    ahead.map { lookAheadPace = $0.end() }
    try twin.map { tell(try $0.rest(), to: observer) }
    let rest = running.finish()
    if !rest.isEmpty {
      observer.receive(.token(text: rest, tokensPerSecond: running.tokensPerSecond))
    }
    return AnswerStatistics(
      promptTokens: added, imageTokens: image?.count ?? 0, generatedTokens: running.tokens.count,
      timeToFirstToken: firstToken, decodeTokensPerSecond: running.tokensPerSecond, finish: finish,
      tokens: running.tokens, recall: recall, lookAhead: ahead?.report)
  }

  /// Generates until something ends the answer.
  private func decode(
    _ running: inout RunningAnswer, from promptLogits: [Float], beside twin: FullCacheTwin?,
    ahead: LookAhead?, observer: any AnswerObserver
  ) throws -> FinishReason {
    var logits = promptLogits
    // What the row attended to that the logits come from.
    var attention: TokenAttention?
    while running.tokens.count < options.sampling.maximumTokens {
      let token = running.choose(logits)
      if model.tokenizer.specials.ends.contains(token) {
        twin.map { tell($0.score(logits, at: session.cache.seen, isEnd: true), to: observer) }
        return .endOfSequence
      }
      let text = running.append(token)
      observer.receive(.token(text: text, tokensPerSecond: running.tokensPerSecondSoFar))
      observer.receive(
        .choice(
          TokenChoice(
            position: session.cache.seen, token: token, logits: logits, tokenizer: model.tokenizer))
      )
      attention.map { observer.receive(.attention($0)) }
      twin.map { tell($0.score(logits, at: session.cache.seen), to: observer) }
      observer.betweenTokens()
      options.pace.map { running.wait(for: $0, observer) }
      if running.isStopped { return .stopString }
      if observer.isCancelled { return .cancelled }
      let room = options.sampling.maximumTokens - running.tokens.count
      do {
        (logits, attention) = try feed(token, beside: twin, ahead: ahead, room: room)
      } catch ModelError.contextFull { return .contextFull }
      observer.receive(.cache(snapshot))
    }
    return .maximumTokens
  }

  /// Decodes one token. As soon as the cache has it, it counts as seen, whatever fails afterwards.
  ///
  /// - Parameter room: tokens that may follow in this answer.
  /// - Returns: logits of the next token, `[vocabulary]`, and what was attended to, where that is
  ///   recorded.
  private func feed(
    _ token: Int, beside twin: FullCacheTwin?, ahead: LookAhead?, room: Int
  ) throws -> (logits: [Float], attention: TokenAttention?) {
    let before = session.cache.seen
    defer { if session.cache.seen > before { cached.append(.token(token)) } }
    let isWatched = options.recordsAttention
    guard let twin else {
      return try ahead?.decode(token, in: session, isWatched: isWatched, room: room)
        ?? InferenceSession.feed([(session, [token])], watching: isWatched ? 0 : nil)
    }
    // Somebody who looks at single tokens, has moved the budget or slows the answer down wants the
    // figures now.
    let isDue = isWatched || options.pace != nil || scoresAreDue
    scoresAreDue = false
    return try twin.decode(token, beside: session, isWatched: isWatched, isDue: isDue)
  }

  /// Looks ahead where guesses can be right: not where tokens are drawn, nor beside a twin.
  private func lookAhead() -> LookAhead? {
    guard options.lookAhead == .auto, options.sampling.temperature == 0, !options.hasTwin else {
      return nil
    }
    let text = cached.map { if case .token(let id) = $0 { id } else { PromptLookup.noToken } }
    return LookAhead(after: text, pace: lookAheadPace)
  }

  private func tell(_ qualities: [TokenQuality], to observer: any AnswerObserver) {
    for quality in qualities { observer.receive(.quality(quality)) }
  }

  /// A twin at the prompt's end.
  private func twin(_ promptLogits: [Float]) throws -> FullCacheTwin {
    try FullCacheTwin(
      of: session, promptLogits: promptLogits, approximateFrom: approximateFrom)
  }

  /// From where on a full cache made of this one is an approximation: see `TokenQuality`. It is exact as
  /// long as no earlier answer was written over a cache that had lost entries.
  var approximateFrom: Int? {
    guard conversation.turns.count > 1, session.cache.bytesSpilled > 0 else { return nil }
    return session.cache.segments.firstIndex(of: .assistant)
  }
}
