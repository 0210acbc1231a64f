extension SlashCommand {
  static let compare = SlashCommand(
    name: "compare", argument: Argument(placeholder: "60% 20%"),
    summary: "answer the last question at several budgets, or by several policies at one"
  ) { state, text in state.compare(text) }
}
