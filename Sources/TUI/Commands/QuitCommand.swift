extension SlashCommand {
  static let quit = SlashCommand(name: "quit", summary: "leave") { _, _ in [.quit(status: 0)] }
}
