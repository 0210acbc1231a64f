extension SlashCommand {
  static let model = SlashCommand(
    name: "model", argument: Argument(placeholder: "NAME", candidates: .models),
    summary: "load a name that /models lists, a folder or a .gguf",
    details: "As in /model llava-q4_k.gguf, /model ~/models/llava-1.5-7b-hf or /model "
      + "llava-hf/llava-1.5-7b-hf. The conversation begins anew; the picture stays."
  ) { state, name in
    guard !name.isEmpty else {
      return state.refuse("/model needs a name that /models lists, a folder or a .gguf.")
    }
    return state.loadModel(name)
  }
}
