import ArgumentParser
import Foundation
import Settings

extension ChatSettings {
  /// A command line with what is set in front of its own options: for the chat its file and the variables,
  /// for any other command the variables of the options that it shares with the chat.
  ///
  /// - Throws: `SettingsError` for the first thing that is wrong with them.
  static func applied(
    to arguments: [String],
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> [String] {
    let named = NamedCommand(arguments)
    if named.asksForHelp { return arguments }
    guard named.opensChat else { return try variables(in: named, environment) }
    let settings = ChatSettings(environment: environment)
    if let problem = settings.problems.first { throw problem }
    return ["chat"] + settings.choices(beside: named.options).flatMap(\.arguments) + named.rest
  }

  /// A variable is to blame where the command line is right without it and wrong with it.
  private static func variables(
    in named: NamedCommand, _ environment: [String: String]
  ) throws -> [String] {
    var arguments = named.rest
    var isRight: Bool?
    for setting in ChatSettingList.shared(with: named.command)
    where !named.options.contains(setting.name) {
      guard let value = environment[setting.variable], !value.isEmpty else { continue }
      // What is wrong by itself is reported as it is.
      isRight = isRight ?? ((try? PrefixKVCommand.parseAsRoot(named.words + arguments)) != nil)
      guard isRight == true else { break }
      let longer = try setting.arguments(ofVariable: value) + arguments
      do {
        _ = try PrefixKVCommand.parseAsRoot(named.words + longer)
      } catch {
        let mistake = Mistake(PrefixKVCommand.message(for: error))
        throw SettingsError.badVariable(
          name: setting.variable, value: value, detail: mistake.description)
      }
      arguments = longer
    }
    return named.words + arguments
  }
}
