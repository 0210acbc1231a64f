/// Values that begin with a minus sign. ArgumentParser takes such a word for an option, and says that the
/// value of the option before it is missing; as `--option=-1` the option itself can say what is wrong.
enum NegativeValues {
  /// - Parameter arguments: the command line, without the program.
  /// - Returns: the same, with each such value joined to the option that it stands behind.
  static func joined(_ arguments: [String]) -> [String] {
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

  /// "-1", "-.5", "-5%"
  private static func isNumber(_ word: String) -> Bool {
    word.wholeMatch(of: /-\.?[0-9][0-9a-zA-Z.%]*/) != nil
  }
}
