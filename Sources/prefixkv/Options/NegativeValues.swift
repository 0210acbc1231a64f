/// Values that begin with a minus sign. ArgumentParser takes such a word for an option, and says that the
/// value of the option before it is missing; as `--option=-1` the option itself can say what is wrong.
enum NegativeValues {
  /// - Parameter arguments: the command line, without the program.
  /// - Returns: the same, with each such value joined to the option that it stands behind.
  static func joined(_ arguments: [String]) -> [String] {
    guard arguments.contains(where: isNumber) else { return arguments }
    let named = CommandDescription.arguments(of: NamedCommand(arguments).command)
    let taking = Set(
      named.filter { $0.kind == "option" }.flatMap { ($0.names ?? []).map(\.written) }
        .filter { $0.hasPrefix("--") })
    let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
    var joined: [String] = []
    for argument in arguments[..<end] {
      if let option = joined.last, taking.contains(option), isNumber(argument) {
        joined[joined.count - 1] = "\(option)=\(argument)"
      } else {
        joined.append(argument)
      }
    }
    return joined + arguments[end...]
  }

  /// What to write where a text that begins with a minus sign was taken for an option.
  ///
  /// - Parameter message: ArgumentParser's.
  /// - Returns: a sentence with a blank in front of it; nothing for other mistakes.
  static func advice(on message: String, _ arguments: [String]) -> String {
    guard message.contains("Missing value for '") else { return "" }
    for (option, word) in zip(arguments, arguments.dropFirst())
    where message.contains("'\(option) ") && word.hasPrefix("-") && !word.hasPrefix("--") {
      return " A value that begins with a minus sign is written as '\(option)=\(word)'."
    }
    return ""
  }

  /// "-1", "-.5", "-5%"
  private static func isNumber(_ word: String) -> Bool {
    word.wholeMatch(of: /-\.?[0-9][0-9a-zA-Z.%]*/) != nil
  }
}
