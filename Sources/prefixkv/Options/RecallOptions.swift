import ArgumentParser

/// Whether questions see what was evicted before them.
struct RecallOptions: ParsableArguments {
  @Option(
    name: .long,
    help: "Whether every question sees the whole conversation, evicted entries included: on or off."
  )
  var recall: Switch = .on
}

/// `--recall`: two words, because both are worth asking for.
enum Switch: String, ExpressibleByArgument, CaseIterable {
  case on, off

  var isOn: Bool { self == .on }
}
