import Basics

extension SlashCommand {
  static let save = SlashCommand(
    name: "save", argument: Argument(placeholder: "PATH", candidates: .paths(.everything)),
    summary: "write the conversation as Markdown",
    details: "As in /save chat.md. A file that is there is never replaced."
  ) { state, path in
    guard !path.isEmpty else { return state.refuse("/save needs a path, as in /save chat.md") }
    return [.save(path: path, text: state.transcriptAsMarkdown)]
  }
}

extension AppState {
  /// Questions and answers. Control characters are shown and not written, since the file will be
  /// looked at in a terminal, too.
  var transcriptAsMarkdown: String {
    var parts = ["# Conversation\n"]
    if let model {
      parts.append("Model: \(model.name), \(model.weightType), \(model.template.template.name)\n")
    }
    if let picture { parts.append("Picture: \(DisplayText.clipped(picture.path, to: .max))\n") }
    for message in transcript {
      switch message.role {
      case .user: parts.append("## You\n\n\(message.text)\n")
      case .model:
        parts.append("## Model\n\n\(message.text)\n")
        if let note = message.note { parts.append("*\(note)*\n") }
      case .notice, .error: continue
      }
    }
    if let comparison {
      parts.append("## The last question, compared\n")
      for index in comparison.columns.indices {
        parts.append(comparison.lines(index).joined(separator: "\n\n") + "\n")
      }
    }
    return DisplayText.visible(parts.joined(separator: "\n"))
  }
}
