extension SlashCommand {
  static let tokens = SlashCommand(
    name: "tokens", argument: Argument(placeholder: "12"),
    summary: "look at the tokens of the answers one by one, or at the twelfth of the last",
    details:
      "Arrow keys go from token to token, a click selects one, or a patch of the picture; Esc "
      + "leaves. The panel tokens shows how probable the token was and what else, what the model "
      + "attended to when it chose it, and why its own entries are kept or evicted."
  ) { state, text in
    if text.isEmpty { return state.options.isPlain ? state.listTokens() : state.toggleTokens() }
    let tokens = state.lastTokens
    guard !tokens.isEmpty else { return state.refuse(AppState.noAnswerYet) }
    guard let number = Int(text), number > 0, number <= tokens.count else {
      return state.refuse(
        "/tokens takes the number of a token of the last answer, 1 to \(tokens.count), not '\(text)'."
      )
    }
    let position = tokens[number - 1].position
    guard state.options.isPlain else { return state.select(position: position) }
    return state.tell(position: position)
  }
}

extension AppState {
  fileprivate static let noAnswerYet = "There is no answer to look into yet. Ask a question first."

  /// The generated tokens of the last answer.
  fileprivate var lastTokens: [Message.Token] {
    let answer = remembered.last { transcript[$0].role == .model }
    return answer.map { transcript[$0].pieces } ?? []
  }

  /// One line a token, for plain mode.
  fileprivate mutating func listTokens() -> [AppEffect] {
    guard !lastTokens.isEmpty else { return refuse(Self.noAnswerYet) }
    for (index, token) in lastTokens.enumerated() {
      notice(
        "\(index + 1). "
          + (token.choice.map(TokenReport.line)
            ?? TokenReport.line(inspection.words[token.position])))
    }
    return []
  }

  /// Asks for everything about a token; plain mode prints it when it has come.
  fileprivate mutating func tell(position: Int) -> [AppEffect] {
    guard !isBusy else { return refuse(Self.isAtWork) }
    inspection.told = position
    return select(position: position) + watchEffects() + inspectionEffects()
  }

  /// Prints what was asked for, once all of it is there.
  mutating func printInspection() {
    guard let told = inspection.told, inspection.standing?.position == told,
      selectedToken?.attention != nil, selectedToken?.choice != nil
    else { return }
    for line in TokenReport(self).lines { notice(line) }
    inspection.told = nil
    leaveTokens()
    focus = .prompt
  }
}
