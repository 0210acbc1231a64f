extension SlashCommand {
  static let edit = SlashCommand(
    name: "edit", argument: Argument(placeholder: "QUESTION"),
    summary: "change the last question and ask it anew",
    details: "Without a question the last one comes back to the prompt, and Enter asks it. The old "
      + "question and its answer leave the conversation."
  ) { state, text in
    guard !text.isEmpty || !state.options.isPlain else {
      return state.refuse("/edit needs the new question, as in /edit What colour is it?")
    }
    guard state.lastQuestion != nil, !state.isAnswering else {
      return state.takeBack { _, _ in }
    }
    let effects = state.takeBack { state, question in
      guard text.isEmpty else { return }
      state.prompt.set(question)
      state.focus = .prompt
      state.acknowledge("edit the question; Enter asks it")
    }
    return text.isEmpty ? effects : effects + state.take(Request(question: text))
  }
}
