extension SlashCommand {
  static let twin = SlashCommand(
    name: "twin",
    argument: Argument(placeholder: "on", candidates: .names { _ in ["on", "off"] }),
    summary: "score answers on the full cache while they are written",
    details:
      "A twin with a full cache of its own reads the tokens of the answer, several at a time. The panel "
      + "quality shows how far the answer is from what the twin would have said, and in the idle time "
      + "after an answer how far it would be at ten other budgets; any key interrupts that."
  ) { state, text in
    switch text {
    case "": state.setTwin(!state.quality.isOn)
    case "on": state.setTwin(true)
    case "off": state.setTwin(false)
    default: state.refuse("/twin takes on or off, not '\(text)'.")
    }
  }
}
