import KVCache

/// What can be told of tokens that were generated.
extension ChatSession {
  /// What the model attended to when it chose the token at a position.
  ///
  /// The row that predicted it is computed once more, over the very entries that each layer held then:
  /// evicted ones come from the spill file, and what came later is left out. Nothing needs to have been
  /// recorded for that.
  ///
  /// - Throws: `ChatError.noToken` for a position that nothing was predicted for, and `CacheError`.
  public func attention(of position: Int) throws -> TokenAttention {
    try inspected(position).attention
  }

  /// The same, and how probable the token was; nil where it has not been read: the last one of an answer
  /// that a limit ended.
  func inspected(_ position: Int) throws -> (attention: TokenAttention, choice: TokenChoice?) {
    let row = position - 1
    guard row >= 0, row < session.cache.seen, let token = token(at: row) else {
      throw ChatError.noToken(position, seen: session.cache.seen)
    }
    let segment = session.cache.segments[row]
    let question = asked.last { $0.seen <= row }
    // The mark that opens an answer belongs to the prompt, although it is counted to the answer.
    let isOfPrompt = question?.end.map { row < $0 } ?? (segment != .assistant)
    // With recall, a prompt attended to evicted entries; answers never do.
    let earlier = try session.fork(
      asOf: row, isOfPrompt: isOfPrompt, recalling: isOfPrompt && question?.recalled == true)
    let step = try InferenceSession.feed(
      [(earlier.session, [token])], watching: 0, segment: segment)
    guard var attention = step.attention else {
      preconditionFailure("a step that is watched tells its attention")
    }
    attention.isExact = earlier.isExact
    let choice = self.token(at: position).map {
      TokenChoice(
        position: position, token: $0, logits: step.logits, tokenizer: model.tokenizer)
    }
    return (attention, choice)
  }

  /// Why the entries of a position are where they are right now; nil for a position that was not seen.
  public func standing(of position: Int) -> EntryStanding? {
    session.retention.standing(of: position)
  }

  /// The token at a position; nil for a row of the picture and beyond what was seen.
  private func token(at position: Int) -> Int? {
    var first = 0
    for token in cached {
      switch token {
      case .token(let id):
        if first == position { return id }
        first += 1
      case .image: first += image?.count ?? 0
      }
      if first > position { return nil }
    }
    return nil
  }
}

extension InferenceSession {
  /// A sequence as this one was when the row of a position was about to be computed.
  ///
  /// - Parameters:
  ///   - isOfPrompt: the row was read and not generated.
  ///   - recalling: the row attended to evicted entries, too.
  /// - Returns: the sequence, which evicts nothing, and whether all of its entries are what they were.
  func fork(
    asOf row: Int, isOfPrompt: Bool, recalling: Bool
  ) throws -> (session: InferenceSession, isExact: Bool) {
    let (cache, isExact) = try cache.copied(asOf: row, recalling: recalling)
    let retention = RetentionController(
      cache: cache, policy: try RetentionPolicies.named("full"), budget: .full)
    let session = InferenceSession(
      model: model, retention: retention, positionRule: isOfPrompt ? .true : positionRule,
      reach: reach)
    return (session, isExact)
  }
}
