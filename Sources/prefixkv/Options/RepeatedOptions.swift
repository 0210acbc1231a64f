import ArgumentParser

/// The check for options that are given more than once. ArgumentParser would take the last value without
/// a word, and pass over a picture, a model or a file that somebody named.
enum RepeatedOptions {
  /// - Parameter arguments: the command line, without the program and without anybody's settings.
  /// - Throws: `ValidationError`, which names the first option with one value that is given again.
  static func check(_ arguments: [String]) throws {
    let given = arguments.prefix { $0 != "--" }
      .filter { $0.hasPrefix("-") }.map { String($0.prefix { $0 != "=" }) }
    guard given.count > 1 else { return }
    for option in CommandDescription.arguments(of: NamedCommand(arguments).command)
    where option.kind == "option" && !option.isRepeating {
      let names = (option.names ?? []).map(\.written)
      let count = given.count { names.contains($0) }
      guard count > 1, let name = option.preferredName?.written else { continue }
      throw ValidationError("\(name) is given \(count) times, but takes one value. Give one.")
    }
  }
}
