extension SlashCommand {
  static let model = SlashCommand(
    name: "model", argument: Argument(placeholder: "PATH", candidates: .paths(.models)),
    summary: "load a folder, a .gguf or a Hugging Face id"
  ) { state, name in
    guard !name.isEmpty else { return state.refuse("/model needs a folder, a .gguf or an id.") }
    return state.loadModel(name)
  }
}
