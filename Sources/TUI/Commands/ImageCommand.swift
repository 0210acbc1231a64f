extension SlashCommand {
  static let image = SlashCommand(
    name: "image", argument: Argument(placeholder: "PATH", candidates: .paths(.pictures)),
    summary: "open a picture; a question may follow the path"
  ) { state, text in
    guard !text.isEmpty else { return state.refuse("/image needs a path, as in /image ~/cat.jpg") }
    return [.readPictures(.image(text))]
  }
}
