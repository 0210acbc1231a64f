import Inference

extension SlashCommand {
  /// What a greedy conversation is retried with.
  private static let livelyTemperature = 0.7

  static let retry = SlashCommand(
    name: "retry", argument: Argument(placeholder: "0.7"),
    summary: "sample another answer, at this temperature",
    details: "Without a number the temperature in force is taken, or 0.7 where that is 0. The "
      + "setting for later answers stays as it is; /set changes it."
  ) { state, text in
    var sampling = state.sampling
    sampling.seed = state.nextRetrySeed()
    if text.isEmpty {
      if sampling.isGreedy { sampling.temperature = livelyTemperature }
    } else {
      do {
        try SamplingSetting.temperature.set(text, in: &sampling)
      } catch {
        return state.refuse("\(error)")
      }
    }
    return state.answerAgain(.retry(sampling))
  }
}

extension AppState {
  /// Every retry has a seed of its own, so that none repeats the one before it.
  fileprivate mutating func nextRetrySeed() -> UInt64 {
    retries &+= 1
    return sampling.seed &+ retries
  }
}
