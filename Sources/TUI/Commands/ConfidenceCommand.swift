extension SlashCommand {
  static let confidence = SlashCommand(
    name: "confidence",
    argument: Argument(placeholder: "on", candidates: .names { _ in ["on", "off"] }),
    summary: "shade answers by how sure the model was of each token",
    details:
      "Tokens below 90 % are italic, below 50 % bold, below 20 % reversed. Probabilities are "
      + "those at a temperature of 1.",
    insteadInLines: "Lines are not shaded; /tokens tells how sure the model was of each token."
  ) { state, text in
    switch text {
    case "": state.setConfidence(!state.showsConfidence)
    case "on": state.setConfidence(true)
    case "off": state.setConfidence(false)
    default: state.refuse("/confidence takes on or off, not '\(text)'.")
    }
  }
}

extension AppState {
  mutating func setConfidence(_ isOn: Bool) -> [AppEffect] {
    showsConfidence = isOn
    let isUnknown = generated.contains { $0.choice == nil }
    acknowledge(
      isOn
        ? "answers are shaded by how sure the model was of each token"
          + (isUnknown ? "; tokens of resumed answers once F8 has looked at them" : "")
        : "answers are no longer shaded")
    return []
  }
}
