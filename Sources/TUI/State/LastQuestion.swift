/// The question that `/regenerate`, `/retry`, `/edit` and `/undo` are about.
extension AppState {
  /// Stands in the transcript where a picture or a model has begun a new conversation.
  static let newConversation =
    "A new conversation begins here; the model does not remember what is above."

  /// The place in the transcript of the last question of this conversation; nil without one.
  var lastQuestion: Int? {
    transcript[conversationStart...].lastIndex { $0.role == .user && !$0.isQueued }
  }

  /// The place in the transcript where the present conversation begins.
  var conversationStart: Int {
    transcript.lastIndex { $0.role == .notice && $0.text == Self.newConversation } ?? 0
  }

  /// Whether the model has begun to answer a question, so that it is part of the conversation.
  func isAnswered(_ question: Int) -> Bool {
    transcript[question...].contains { $0.role == .model }
  }

  /// Takes the last question and what follows it out of the conversation.
  ///
  /// - Parameter then: receives the question.
  mutating func takeBack(_ then: (inout AppState, String) -> Void) -> [AppEffect] {
    guard !isAnswering else { return refuse(Self.isAtWork) }
    guard let last = lastQuestion else { return refuse("There is no earlier question.") }
    let question = transcript[last].text
    let effects: [AppEffect] = isAnswered(last) ? [.post(.undo)] : []
    transcript.removeSubrange(last...)
    leaveTokens()
    forgetComparison()
    scroll = .following
    then(&self, question)
    return effects
  }
}
