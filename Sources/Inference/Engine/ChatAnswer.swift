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
    let finish = try decode(&running, from: promptLogits, ahead: ahead, observer: observer)
    ahead.map { lookAheadPace = $0.end() }
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
    _ running: inout RunningAnswer, from promptLogits: [Float], ahead: LookAhead?,
    observer: any AnswerObserver
  ) throws -> FinishReason {
    var logits = promptLogits
    // What the row attended to that the logits come from.
    var attention: TokenAttention?
    let twin = try options.hasTwin ? twin(promptLogits) : nil
    while running.tokens.count < options.sampling.maximumTokens {
      let token = running.choose(logits)
      if model.tokenizer.specials.ends.contains(token) {
        if let twin { observer.receive(.quality(twin.quality(of: logits, isEnd: true))) }
        return .endOfSequence
      }
      let text = running.append(token)
      observer.receive(.token(text: text, tokensPerSecond: running.tokensPerSecond))
      observer.receive(
        .choice(
          TokenChoice(
            position: session.cache.seen, token: token, logits: logits, tokenizer: model.tokenizer))
      )
      attention.map { observer.receive(.attention($0)) }
      if let twin { observer.receive(.quality(twin.quality(of: logits))) }
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
    return try twin?.decode(token, beside: session, isWatched: isWatched)
      ?? ahead?.decode(token, in: session, isWatched: isWatched, room: room)
      ?? InferenceSession.decode([(session, token)], watching: isWatched ? 0 : nil)
  }

  /// Looks ahead where guesses can be right: not where tokens are drawn. A twin is fed with each token.
  private func lookAhead() -> LookAhead? {
    guard options.lookAhead == .auto, options.sampling.temperature == 0, !options.hasTwin else {
      return nil
    }
    let text = cached.map { if case .token(let id) = $0 { id } else { PromptLookup.noToken } }
    return LookAhead(after: text, pace: lookAheadPace)
  }

  /// A twin at the prompt's end. It is exact as long as no earlier answer was written over a cache
  /// that had lost entries.
  private func twin(_ promptLogits: [Float]) throws -> FullCacheTwin {
    let firstAnswer = session.cache.segments.firstIndex(of: .assistant)
    let isLater = conversation.turns.count > 1 && session.cache.bytesSpilled > 0
    return try FullCacheTwin(
      of: session, promptLogits: promptLogits, approximateFrom: isLater ? firstAnswer : nil)
  }
}
