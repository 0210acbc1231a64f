import Basics
import Sessions

extension SlashCommand {
  static let save = SlashCommand(
    name: "save", argument: Argument(placeholder: "PATH", candidates: .paths(.everything)),
    summary: "write the conversation as Markdown",
    details: "As in /save chat.md. A file that is there is never replaced."
  ) { state, path in
    guard !path.isEmpty else { return state.refuse("/save needs a path, as in /save chat.md") }
    guard state.model != nil else { return state.refuse("There is nothing to save yet.") }
    return [.save(path: path, text: state.transcriptAsMarkdown)]
  }
}

extension AppState {
  /// Everything on the screen that was asked and answered, also before a new conversation began.
  var transcriptAsMarkdown: String {
    guard let setting = session.setting ?? currentSetting else { return "" }
    let messages = transcript.compactMap { SavedMessage($0, isRunning: false) }
    let session = SavedSession(title: session.title, setting: setting, messages: messages)
    return SessionFormat.markdown.text(session, nil) + comparisonAsMarkdown
  }

  private var comparisonAsMarkdown: String {
    guard let comparison else { return "" }
    let columns = comparison.columns.indices.map { comparison.lines($0).joined(separator: "\n\n") }
    return DisplayText.visible(
      (["", "## The last question, compared\n"] + columns.map { $0 + "\n" }).joined(
        separator: "\n"))
  }
}
