extension SlashCommand {
  static let compare = SlashCommand(
    name: "compare",
    argument: Argument(
      placeholder: "60% 20%", candidates: .names { $0.options.policies.map(\.name) }),
    summary: "answer the last question at several budgets, or by several policies at one",
    details: "As in /compare, /compare 60% 20% or /compare prefixkv snapkv local at 20%. Enter on "
      + "an answer goes on with it; Esc goes back to the chat."
  ) { state, text in state.compare(text) }
}
