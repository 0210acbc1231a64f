extension SlashCommand {
  static let model = SlashCommand(
    name: "model", argument: Argument(placeholder: "NAME", candidates: .models),
    summary: "load a name that /models lists, a folder or a .gguf"
  ) { state, name in
    guard !name.isEmpty else {
      return state.refuse("/model needs a name that /models lists, a folder or a .gguf.")
    }
    return state.loadModel(name)
  }
}
