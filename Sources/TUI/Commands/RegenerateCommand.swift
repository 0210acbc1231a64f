import Inference

extension SlashCommand {
  static let regenerate = SlashCommand(
    name: "regenerate", summary: "answer the last question again",
    details: "With the present budget and policy. Greedy answers differ only after one of them has "
      + "changed; /retry samples another answer."
  ) { state, _ in
    let wouldDiffer = !state.sampling.isGreedy || state.hasChangedSinceAnswer
    if let question = state.lastQuestion, state.isAnswered(question), !wouldDiffer {
      return state.refuse(
        "The answer would be the same: sampling is greedy, and nothing has changed since. /retry "
          + "samples another one.")
    }
    return state.answerAgain(.regenerate)
  }
}

extension AppState {
  /// Takes the last answer out of the transcript and asks for another one.
  mutating func answerAgain(_ command: EngineCommand) -> [AppEffect] {
    guard !isAnswering else { return refuse(Self.isAtWork) }
    guard let question = lastQuestion else {
      return refuse("There is no question to answer again.")
    }
    // The engine does not know a question that it could not answer.
    let again = isAnswered(question) ? command : .ask(transcript[question].text)
    let former = transcript[question...].last { $0.role == .model }
    transcript.removeSubrange((question + 1)...)
    forgetComparison()
    leaveTokens()
    if var former {
      former.isFormer = true
      transcript.append(former)
    }
    scroll = .following
    return begin(again)
  }
}
