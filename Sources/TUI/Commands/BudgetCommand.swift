extension SlashCommand {
  static let budget = SlashCommand(
    name: "budget", argument: Argument(placeholder: "30%"),
    summary: "keep this much: 0.3, 30%, 180tok, 200MiB"
  ) { state, text in
    text.isEmpty ? state.show(.budget) : state.setBudget(typed: text)
  }
}
