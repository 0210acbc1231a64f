import Basics
import Inference
import Sessions

extension SlashCommand {
  static let keep = SlashCommand(
    name: "keep", summary: "keep the cache's entries, so that resuming reads nothing anew",
    details:
      "They are written to a file beside the kept conversations, as large as the full cache, "
      + "and deleted with the conversation. Resuming then goes on with these very entries, evicted "
      + "ones included; what was said after /keep is read. Without /keep resuming reads everything."
  ) { state, _ in
    guard !state.isBusy else { return state.refuse(AppState.isAtWork) }
    guard state.options.keepsSessions, !state.session.isDeleted else {
      return state.refuse("\(SessionError.notKept)")
    }
    guard state.savedSession != nil else {
      return state.refuse("There is nothing to keep yet. Ask a question first.")
    }
    state.status = Status(text: "keeping the cache's entries", kind: .plain)
    return state.ask(.entriesPlace(number: state.session.number, id: state.session.id))
  }
}

extension AppState {
  mutating func entriesKept(_ bytes: Int?, _ problem: String?) {
    listsAwaited = max(0, listsAwaited - 1)
    if let problem { report(error: problem, .cannotWrite) }
    if let bytes { acknowledge("entries kept, \(Format.bytes(bytes))", .good) }
  }
}
