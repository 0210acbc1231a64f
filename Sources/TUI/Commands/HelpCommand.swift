extension SlashCommand {
  static let help = SlashCommand(
    name: "help",
    argument: Argument(
      placeholder: "COMMAND", candidates: .names { _ in SlashCommands.all.map(\.name) }),
    summary: "keys and commands, or one command in detail",
    details: "As in /help budget."
  ) { state, name in
    name.isEmpty ? state.showHelp() : state.showHelp(of: name)
  }
}

extension AppState {
  fileprivate mutating func showHelp() -> [AppEffect] {
    guard options.isPlain else {
      helpScroll = 0
      return []
    }
    for command in SlashCommands.all where command.insteadInLines == nil {
      notice("\(command.usage): \(command.summary)")
    }
    notice(
      "Any other line is a question. Ctrl+C stops the answer; twice leaves. In a terminal Tab "
        + "completes, and the arrow up brings earlier lines back.")
    return []
  }

  fileprivate mutating func showHelp(of name: String) -> [AppEffect] {
    let name = name.hasPrefix("/") ? String(name.dropFirst()) : name
    guard let command = SlashCommands.named(name) else {
      return refuse("There is no command '/\(name)'. \(SlashCommands.advice(name))")
    }
    notice("\(command.usage): \(command.summary).")
    if !command.details.isEmpty { notice(command.details) }
    return []
  }
}
