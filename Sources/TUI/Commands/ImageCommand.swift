extension SlashCommand {
  static let image = SlashCommand(
    name: "image", argument: Argument(placeholder: "PATH", candidates: .paths(.pictures)),
    summary: "open a picture; a question may follow the path",
    details: "As in /image ~/cat.jpg, or /image \"my cat.jpg\" What is it doing? A new picture "
      + "begins a new conversation. A path anywhere in a question does the same."
  ) { state, text in
    guard !text.isEmpty else { return state.refuse("/image needs a path, as in /image ~/cat.jpg") }
    return [.readPictures(.image(text))]
  }
}
