import Basics
import Sessions

extension SlashCommand {
  static let sessions = SlashCommand(
    name: "sessions", argument: Argument(placeholder: "TEXT"),
    summary: "list the kept conversations, and go on with one",
    details: "With a text those that hold it. /sessions resume 3, /sessions resume last, /sessions "
      + "rename 3 A title and /sessions delete 3 do without the list. A conversation brings its "
      + "model, picture, policy, budget and sampling with it."
  ) { state, text in
    let words = text.split(separator: " ", maxSplits: 2).map(String.init)
    guard words.count > 1, let choice = SessionChoice(words[1]) else {
      return state.listSessions(text)
    }
    switch (words[0], choice) {
    case ("resume", _) where words.count == 2: return state.open(choice)
    case ("rename", .id(let id)):
      return state.ask(.rename(id: id, title: DisplayText.title(words.count > 2 ? words[2] : "")))
    case ("delete", .id(let id)) where words.count == 2: return state.ask(.delete(id: id))
    default: return state.listSessions(text)
    }
  }
}
