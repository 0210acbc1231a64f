/// Another number of the picture's rows in a conversation that goes on.
extension ChatSession {
  /// Lets no more than so many rows of the picture into the language model from now on; nil: all. What was
  /// said stays, and is read again behind the rows that enter now: under the policy and the budget in
  /// force, and without answering anything.
  ///
  /// When it throws, everything is as it was before.
  ///
  /// - Throws: `PictureTokenError` when the picture cannot have so few rows, `ModelError.cancelled` when
  ///   the observer stopped it, `.contextFull`, `CacheError`, and what policies throw.
  public func setPictureTokens(
    _ tokens: PictureTokens?, observer: any AnswerObserver
  ) throws {
    if let tokens { try model.check(tokens) }
    let before = State(self)
    options.pictureTokens = tokens
    guard case .rows(let whole, _) = picture else { return }
    do {
      let turns = zip(asked.map(\.text), conversation.turns.map(\.answer))
      try begin(image: whole)
      if let patches { observer.receive(.patches(patches)) }
      for (question, answer) in turns {
        _ = try read(question, observer: observer)
        if let answer { try read(answer, observer: observer) }
      }
    } catch {
      before.restore(self)
      throw error
    }
  }

  /// What reading a conversation again replaces.
  private struct State {
    let options: ChatOptions
    let picture: Picture?
    let session: InferenceSession
    let conversation: Conversation
    let cached: [PromptToken]
    let promptEnd: PromptEnd?
    let compared: [Comparison.Column]
    let asked: [AskedQuestion]

    init(_ chat: ChatSession) {
      options = chat.options
      picture = chat.picture
      session = chat.session
      conversation = chat.conversation
      cached = chat.cached
      promptEnd = chat.promptEnd
      compared = chat.compared
      asked = chat.asked
    }

    func restore(_ chat: ChatSession) {
      chat.options = options
      chat.picture = picture
      chat.session = session
      chat.conversation = conversation
      chat.cached = cached
      chat.promptEnd = promptEnd
      chat.compared = compared
      chat.asked = asked
    }
  }
}
