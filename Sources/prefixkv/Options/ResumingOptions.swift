import ArgumentParser

/// What the command line itself says beside `--resume`; what is only set in the file or in a variable
/// gives way to the conversation's own.
struct ResumingOptions {
  /// The long options of the command line, without their dashes.
  private let given: Set<String>

  init(_ arguments: [String] = Array(CommandLine.arguments.dropFirst())) {
    given = NamedCommand(arguments).options
  }

  /// Options that a conversation cannot take over, and what it brings in their place.
  private static let beginnings = [
    ("image", "picture"), ("model", "model"), ("system", "system sentence"),
    ("tiles", "number of tiles"),
  ]

  /// - Throws: `ValidationError` for an option that would begin a new conversation.
  func requireGoingOn() throws {
    for (option, own) in Self.beginnings where given.contains(option) {
      throw ValidationError(
        "--resume goes on with a conversation, which brings its own \(own), and --\(option) begins a new "
          + "one. Leave one of them out.")
    }
  }

  /// The commands of the chat that do what the options say, in a fixed order.
  func commands(_ chat: ChatCommand) -> [String] {
    let commands: [(option: String, command: String)] = [
      ("policy", "/policy \(chat.retention.policy)"),
      ("budget", "/budget \(chat.retention.cache.budget)"),
      ("picture-tokens", "/picture-tokens \(chat.detail.pictureTokens ?? "all")"),
      ("temperature", "/set temperature \(chat.sampling.temperature)"),
      ("top-p", "/set top-p \(chat.sampling.topP)"),
      ("seed", "/set seed \(chat.sampling.seed)"),
      ("max-tokens", "/set max-tokens \(chat.sampling.maxTokens)"),
    ]
    return commands.filter { given.contains($0.option) }.map(\.command)
  }
}
