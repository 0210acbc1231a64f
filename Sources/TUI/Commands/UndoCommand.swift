extension SlashCommand {
  static let undo = SlashCommand(
    name: "undo", summary: "take back the last question and its answer"
  ) { state, _ in
    state.takeBack { state, question in state.acknowledge("taken back: \(question)") }
  }
}
