extension SlashCommand {
  static let budget = SlashCommand(
    name: "budget", argument: Argument(placeholder: "30%"),
    summary: "keep this much: 0.3, 30%, 180tok, 200MiB",
    details:
      "A share of all entries (0.3, 30%), a mean number of entries a layer (180tok) or bytes "
      + "(200MiB). It acts between two tokens; a larger budget brings evicted entries back."
  ) { state, text in
    text.isEmpty ? state.show(.budget) : state.setBudget(typed: text)
  }
}
