import ArgumentParser
import Basics
import Foundation
import Settings
import TUI

/// What a person set for the chat, in the settings file and in variables.
///
/// An option of the command line counts more than a variable, and that more than the file.
struct ChatSettings {
  /// One option that is set, and by what.
  struct Choice: Equatable {
    let name: String
    /// What the command line would say; empty for a flag that is off.
    let arguments: [String]
    /// For people: "PREFIXKV_BUDGET", "line 3".
    let source: String
  }

  static func path(environment: [String: String] = ProcessInfo.processInfo.environment) -> String {
    UserFolders(environment: environment).configuration + "/config.toml"
  }

  private(set) var file: [Choice] = []
  private(set) var variables: [Choice] = []
  private(set) var keys = KeyMap()
  private(set) var colors = ColorChoices()
  /// Everything that is wrong, in the order of lines.
  private(set) var problems: [SettingsError] = []

  /// The sections of the file.
  private static let sections = ["chat", "keys", "colors"]

  /// Reads both; a file that is not there is an empty one.
  init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    let path = Self.path(environment: environment)
    if FileManager.default.fileExists(atPath: path) {
      do {
        take(try SettingsFile(path: path))
      } catch {
        problems.append(error)
      }
    }
    for setting in ChatSettingList.all {
      guard let value = environment[setting.variable], !value.isEmpty else { continue }
      take(setting, value)
    }
  }

  init(_ file: SettingsFile) { take(file) }

  // MARK: The file

  private mutating func take(_ file: SettingsFile) {
    for (name, line) in file.sections.sorted(by: { $0.value < $1.value })
    where !Self.sections.contains(name) {
      problems.append(
        .unknown(
          path: file.path, line: line, key: "[\(name)]", known: Self.sections.map { "[\($0)]" }))
    }
    for entry in file.entries {
      do {
        switch entry.section {
        case "chat": self.file.append(try choice(entry, path: file.path))
        case "keys": try takeKey(entry)
        case "colors": try takeColor(entry)
        case "":
          throw SettingsError.unknown(
            path: file.path, line: entry.line, key: entry.key,
            known: Self.sections.map { "[\($0)]" })
        default: continue
        }
      } catch let error as SettingsError {
        problems.append(error)
      } catch {
        problems.append(
          .badValue(path: file.path, line: entry.line, key: entry.key, detail: "\(error)"))
      }
    }
    problems.sort { ($0.line ?? 0) < ($1.line ?? 0) }
  }

  private func choice(_ entry: SettingsFile.Entry, path: String) throws -> Choice {
    guard let setting = ChatSettingList.named(entry.key) else {
      throw SettingsError.unknown(
        path: path, line: entry.line, key: entry.key, known: ChatSettingList.all.map(\.name))
    }
    let arguments = try Self.arguments(setting, entry.value)
    try Self.check(arguments)
    return Choice(name: setting.name, arguments: arguments, source: "line \(entry.line)")
  }

  private static func arguments(
    _ setting: ChatSettingList.Setting, _ value: SettingsFile.Value
  ) throws -> [String] {
    let option = "--" + setting.name
    if setting.isFlag {
      guard case .boolean(let isOn) = value else { throw Mistake("Write true or false.") }
      return isOn ? [option] : []
    }
    switch value {
    case .text(let text): return ["\(option)=\(text)"]
    case .integer(let number): return ["\(option)=\(number)"]
    case .number(let number): return ["\(option)=\(number)"]
    case .boolean: throw Mistake("Write a text in quotes or a number.")
    }
  }

  private mutating func takeKey(_ entry: SettingsFile.Entry) throws {
    guard case .text(let meaning) = entry.value else {
      throw Mistake("Write the key that it stands for in quotes, or \"none\".")
    }
    try keys.add(entry.key, means: meaning)
  }

  private mutating func takeColor(_ entry: SettingsFile.Entry) throws {
    guard case .text(let color) = entry.value else {
      throw Mistake("Write the colour in quotes, as in \"#5AA5F2\".")
    }
    try colors.set(entry.key, to: color)
  }

  // MARK: Variables

  private mutating func take(_ setting: ChatSettingList.Setting, _ value: String) {
    do {
      let arguments = try setting.arguments(ofVariable: value)
      try Self.check(arguments)
      variables.append(Choice(name: setting.name, arguments: arguments, source: setting.variable))
    } catch let error as SettingsError {
      problems.append(error)
    } catch {
      problems.append(
        .badVariable(name: setting.variable, value: value, detail: "\(error)"))
    }
  }

  /// Lets the command itself say what is wrong with a value.
  private static func check(_ arguments: [String]) throws {
    do {
      _ = try ChatCommand.parse(arguments)
    } catch {
      throw Mistake(ChatCommand.message(for: error))
    }
  }

  /// A sentence about a value.
  struct Mistake: Error, CustomStringConvertible {
    let description: String
    init(_ text: String) {
      let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
      description = line.hasSuffix(".") ? line : line + "."
    }
  }

  // MARK: Together

  /// What holds for a command line with these options: variables in place of the file's lines, and
  /// nothing for what the options say themselves.
  func choices(beside options: Set<String>) -> [Choice] {
    func covers(_ names: Set<String>, _ name: String) -> Bool {
      names.contains(name)
        || ChatSettingList.surfaces.contains(name)
          && !names.isDisjoint(with: ChatSettingList.surfaces)
    }
    let variables = variables.filter { !covers(options, $0.name) }
    let nearer = options.union(variables.map(\.name))
    return file.filter { !covers(nearer, $0.name) } + variables
  }
}
