import Sessions

extension SlashCommand {
  static let export = SlashCommand(
    name: "export", argument: Argument(placeholder: "FILE", candidates: .paths(.everything)),
    summary: "write this conversation as .md, .json or .html",
    details: "As in /export chat.html, which is one page with the picture and with what each layer "
      + "kept. A file that is there is never replaced."
  ) { state, path in
    guard !path.isEmpty else {
      return state.refuse("/export needs a file, as in /export chat.html")
    }
    guard let session = state.savedSession, !session.messages.isEmpty else {
      return state.refuse("There is nothing to export yet. Ask a question first.")
    }
    let isAboutPicture = session.setting.picture != nil
    return [.export(path: path, session, isAboutPicture ? state.picture?.pixels : nil)]
  }
}
