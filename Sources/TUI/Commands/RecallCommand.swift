extension SlashCommand {
  static let recall = SlashCommand(
    name: "recall",
    argument: Argument(placeholder: "on", candidates: .names { _ in ["on", "off"] }),
    summary: "let every question see the whole conversation, evicted entries included",
    details: "While a question is read, evicted entries come back from the spill file, one layer "
      + "at a time. What the question finds important stays for its answer. /recall off reads "
      + "questions over what the budget has left, as the published method does."
  ) { state, text in
    switch text {
    case "": state.setRecall(!state.recalls)
    case "on": state.setRecall(true)
    case "off": state.setRecall(false)
    default: state.refuse("/recall takes on or off, not '\(text)'.")
    }
  }
}

extension AppState {
  fileprivate mutating func setRecall(_ isOn: Bool) -> [AppEffect] {
    recalls = isOn
    acknowledge(
      isOn
        ? "recall on: the next question sees evicted entries, too"
        : "recall off: the next question sees only what the budget has left")
    return [.post(.setRecall(isOn))]
  }
}
