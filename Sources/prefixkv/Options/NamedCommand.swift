import ArgumentParser

/// The command that a command line is for.
struct NamedCommand {
  /// The subcommand that the first words name, or the one that is meant without a name.
  let command: any ParsableCommand.Type
  /// The words that name it.
  let words: [String]
  /// What follows them.
  let rest: [String]

  /// - Parameter arguments: the command line without the program.
  init(_ arguments: [String]) {
    var command: any ParsableCommand.Type = PrefixKVCommand.self
    var words: [String] = []
    for word in arguments {
      let next = command.configuration.subcommands.first {
        $0.configuration.commandName == word
      }
      guard let next else { break }
      command = next
      words.append(word)
    }
    self.command = command.configuration.defaultSubcommand ?? command
    self.words = words
    rest = Array(arguments.dropFirst(words.count))
  }

  /// The long options among the arguments, without their dashes.
  var options: Set<String> {
    Set(
      rest.prefix { $0 != "--" }.filter { $0.hasPrefix("--") }.map { argument in
        String(argument.dropFirst(2).prefix { $0 != "=" })
      })
  }

  /// Whether the chat is named, or meant because no command is.
  var opensChat: Bool {
    command == ChatCommand.self && (!words.isEmpty || rest.first?.hasPrefix("-") ?? true)
  }

  /// Whether the arguments ask for a text about the program in place of its work.
  var asksForHelp: Bool {
    let questions = ["-h", "--help", "--help-hidden", "--version", "--licenses"]
    return words.isEmpty && rest.first == "help"
      || rest.prefix { $0 != "--" }.contains { argument in
        questions.contains(argument) || argument.hasPrefix("--experimental-")
          || argument.hasPrefix("--generate-")
      }
  }
}
