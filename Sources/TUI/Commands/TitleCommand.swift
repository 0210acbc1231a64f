import Basics

extension SlashCommand {
  static let title = SlashCommand(
    name: "title", argument: Argument(placeholder: "TITLE"), summary: "name this conversation",
    details: "The list of /sessions shows the title instead of the first question. Without one the "
      + "title in force is told."
  ) { state, text in
    if !text.isEmpty { state.session.title = DisplayText.title(text) }
    let title = state.session.title
    state.acknowledge(title.map { "this conversation is called '\($0)'" } ?? "it has no title yet")
    return []
  }
}
