extension SlashCommand {
  static let help = SlashCommand(name: "help", summary: "keys and commands") { state, _ in
    guard state.options.isPlain else {
      state.helpScroll = 0
      return []
    }
    for command in SlashCommands.all {
      let gap = String(repeating: " ", count: max(1, 16 - command.usage.count))
      state.notice(command.usage + gap + command.summary)
    }
    state.notice("Any other line is a question. Ctrl+C stops the answer; twice leaves.")
    return []
  }
}
