extension SlashCommand {
  static let regenerate = SlashCommand(
    name: "regenerate", summary: "answer the last question again"
  ) { state, _ in
    guard !state.isAnswering else { return state.refuse("An answer is running. Ctrl+C stops it.") }
    guard let question = state.transcript.lastIndex(where: { $0.role == .user }) else {
      return state.refuse("There is no question to answer again.")
    }
    state.transcript.removeSubrange((question + 1)...)
    state.scroll = .following
    return state.begin(.regenerate)
  }
}
