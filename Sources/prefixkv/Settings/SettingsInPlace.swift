import Settings

extension ChatSettings {
  /// A command line for the chat with the settings in front of it; any other as it is.
  ///
  /// - Throws: `SettingsError` for the first thing that is wrong with them.
  static func applied(to arguments: [String]) throws -> [String] {
    guard isChat(arguments) else { return arguments }
    let settings = ChatSettings()
    if let problem = settings.problems.first { throw problem }
    let own = arguments.first == "chat" ? Array(arguments.dropFirst()) : arguments
    let options = own.filter { $0.hasPrefix("--") }.map { argument in
      String(argument.dropFirst(2).prefix { $0 != "=" })
    }
    return ["chat"] + settings.choices(beside: Set(options)).flatMap(\.arguments) + own
  }

  /// Whether the arguments open the chat: by its name, or as the subcommand that is meant without one.
  private static func isChat(_ arguments: [String]) -> Bool {
    let others = ["-h", "--help", "--help-hidden", "--version", "--licenses"]
    if arguments.contains(where: { others.contains($0) || $0.hasPrefix("--experimental-") }) {
      return false
    }
    guard let first = arguments.first else { return true }
    return first == "chat" || first.hasPrefix("-") && !first.hasPrefix("--generate-")
  }
}
