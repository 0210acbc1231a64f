import ArgumentParser

/// How fast an answer may come.
struct PaceOptions: ParsableArguments {
  @Option(name: .long, help: "At most so many tokens a second, for watching.")
  var pace: Double?

  func validate() throws {
    guard let pace, !(pace > 0 && pace.isFinite) else { return }
    throw ValidationError("--pace \(pace) is not above 0. 10 can be read along.")
  }
}
