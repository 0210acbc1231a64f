import Basics
import Foundation

/// A settings file: sections of keys with plain values, each with its line. This type does not know
/// what the keys mean.
///
/// The format is the flat part of TOML (https://toml.io/en/v1.0.0): `[section]`, `key = value` on
/// one line, comments; values are texts, numbers, true and false. Everything else of TOML is
/// refused. We parse it ourselves because the available library (TOMLKit, with toml++) ends the
/// process in an assertion when a key or a value is missing.
public struct SettingsFile: Sendable, Equatable {
  /// A value as it is written.
  public enum Value: Sendable, Equatable {
    case text(String)
    case integer(Int)
    case number(Double)
    case boolean(Bool)
  }

  /// One line `key = value`.
  public struct Entry: Sendable, Equatable {
    /// The section that it is in; "" before the first section.
    public let section: String
    /// The name in front of the equals sign.
    public let key: String
    /// The value after it.
    public let value: Value
    /// The line of the file, counted from one.
    public let line: Int
  }

  /// The path that errors name.
  public let path: String
  /// The entries, in the order of their lines.
  public private(set) var entries: [Entry] = []
  /// The sections, with the line of each.
  public private(set) var sections: [String: Int] = [:]

  /// The largest file that is read, far larger than any settings.
  private static let maximumBytes = 1 << 20

  /// Reads a file.
  ///
  /// - Throws: `SettingsError` when the file cannot be read, or for the first line that is
  ///   malformed.
  public init(path: String) throws(SettingsError) {
    let data: Data
    do {
      data = try InputFile.contents(of: path)
    } catch {
      throw .unreadable(error)
    }
    guard data.count <= Self.maximumBytes else {
      throw .damaged(
        path: path, line: nil, detail: "it has \(data.count) bytes, too many for settings")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw .damaged(path: path, line: nil, detail: "it is not UTF-8")
    }
    try self.init(text, path: path)
  }

  /// Reads a text.
  ///
  /// - Parameter path: the path that errors name.
  /// - Throws: `SettingsError` for the first line that is malformed.
  public init(_ text: String, path: String) throws(SettingsError) {
    self.path = path
    var section = ""
    var keys: Set<String> = []
    let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    for (index, line) in lines.enumerated() {
      let line = line.trimmingCharacters(in: .whitespaces)
      if line.isEmpty || line.hasPrefix("#") { continue }
      func damaged(_ detail: String) -> SettingsError {
        .damaged(path: path, line: index + 1, detail: detail)
      }
      if let header = Self.header(line) {
        guard sections.updateValue(index + 1, forKey: header) == nil else {
          throw damaged("the section [\(header)] is there twice")
        }
        (section, keys) = (header, [])
        continue
      }
      guard let (key, rest) = Self.pair(line) else {
        throw damaged("it is neither '[section]' nor 'key = value'")
      }
      guard let value = Self.value(rest) else {
        throw damaged("the value is neither a text in quotes, a number, true nor false")
      }
      guard keys.insert(key).inserted else { throw damaged("the key '\(key)' is there twice") }
      entries.append(Entry(section: section, key: key, value: value, line: index + 1))
    }
  }

  // MARK: Lines

  private static func header(_ line: String) -> String? {
    line.wholeMatch(of: /\[\s*([A-Za-z0-9_-]+)\s*\]\s*(?:#.*)?/).map { String($0.1) }
  }

  private static func pair(_ line: String) -> (key: String, value: Substring)? {
    line.wholeMatch(of: /([A-Za-z0-9_-]+|"[^"\\]+"|'[^']+')\s*=\s*(.+)/).map { match in
      (match.1.trimmingCharacters(in: ["\"", "'"]), match.2)
    }
  }

  /// The value of a line; nil unless only a comment follows it.
  private static func value(_ text: Substring) -> Value? {
    if let match = text.wholeMatch(of: /"((?:[^"\\]|\\["\\nrt])*)"\s*(?:#.*)?/) {
      return .text(unescaped(match.1))
    }
    if let match = text.wholeMatch(of: /'([^']*)'\s*(?:#.*)?/) { return .text(String(match.1)) }
    let word = text.prefix { !$0.isWhitespace && $0 != "#" }
    let rest = text.dropFirst(word.count).drop(while: \.isWhitespace)
    guard rest.isEmpty || rest.hasPrefix("#") else { return nil }
    switch word {
    case "true": return .boolean(true)
    case "false": return .boolean(false)
    default: return number(word)
    }
  }

  private static func number(_ word: Substring) -> Value? {
    guard word.wholeMatch(of: /[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/) != nil else {
      return nil
    }
    if let integer = Int(word) { return .integer(integer) }
    return Double(word).flatMap { $0.isFinite ? .number($0) : nil }
  }

  private static let escapes: [Character: Character] = ["n": "\n", "r": "\r", "t": "\t"]

  private static func unescaped(_ text: Substring) -> String {
    var result = ""
    var isEscaped = false
    for character in text {
      if isEscaped {
        result.append(escapes[character] ?? character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else {
        result.append(character)
      }
    }
    return result
  }
}
