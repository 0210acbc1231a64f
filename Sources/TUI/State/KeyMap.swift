/// Keys that a person gave another meaning: each does what a built-in key does by itself.
public struct KeyMap: Sendable, Equatable {
  /// By the key that is pressed; nil for one that does nothing.
  private var meanings: [Key: Key?] = [:]
  /// As they were added, for the help.
  private(set) var entries: [(key: Key, meaning: Key?)] = []

  /// Every key means itself.
  public init() {}

  public static func == (left: KeyMap, right: KeyMap) -> Bool { left.meanings == right.meanings }

  /// Lets one key do what another does.
  ///
  /// - Parameters:
  ///   - name: of a key that is not typed into texts: "ctrl+x", "f9".
  ///   - meaning: of a key that does something, or "none".
  /// - Throws: `LookError` naming the key.
  public mutating func add(_ name: String, means meaning: String) throws(LookError) {
    guard let key = Key.named(name) else {
      throw .unknownKey(name, available: Key.names.map(\.name))
    }
    guard meaning.lowercased() != "none" else { return set(key, nil) }
    let bound = KeyBindings.sections.flatMap(\.bindings).flatMap(\.keys)
    guard let target = Key.named(meaning), bound.contains(target) else {
      let names = Key.names.filter { bound.contains($0.key) }.map(\.name)
      throw .unknownKey(meaning, available: names + ["none"])
    }
    set(key, target)
  }

  private mutating func set(_ key: Key, _ meaning: Key?) {
    meanings.updateValue(meaning, forKey: key)
    entries.append((key, meaning))
  }

  /// What a pressed key means; nil when it shall do nothing.
  func meaning(of key: Key) -> Key? {
    guard let meaning = meanings[key] else { return key }
    return meaning
  }

  /// Every built-in key that does something, with what it does: for the comments of a settings file.
  public static var builtIn: [(key: String, help: String)] {
    let bindings = KeyBindings.sections.flatMap(\.bindings).filter { !$0.help.isEmpty }
    return bindings.flatMap { binding in
      binding.keys.compactMap { key in
        Key.names.first { $0.key == key }.map { ($0.name, binding.help) }
      }
    }
  }
}

extension Key {
  /// The keys that settings may name: all that a terminal can tell from text and from each other.
  static let names: [(name: String, key: Key)] = {
    var names: [(name: String, key: Key)] = [
      ("enter", .enter), ("alt+enter", .newline), ("tab", .tab), ("shift+tab", .backTab),
      ("esc", .escape), ("backspace", .backspace), ("alt+backspace", .altBackspace),
      ("delete", .delete), ("up", .up), ("down", .down), ("left", .left), ("right", .right),
      ("ctrl+left", .wordLeft), ("ctrl+right", .wordRight), ("home", .home), ("end", .end),
      ("pageup", .pageUp), ("pagedown", .pageDown),
    ]
    names += (1...12).map { ("f\($0)", .function($0)) }
    // Ctrl+H, I, J and M are Backspace, Tab, Alt+Enter and Enter for a terminal.
    for letter in "abcdefgklnopqrstuvwxyz" {
      names.append(("ctrl+\(letter)", .control(Character(letter.uppercased()))))
    }
    for letter in "abcdefghijklmnopqrstuvwxyz" { names.append(("alt+\(letter)", .alt(letter))) }
    return names
  }()

  static func named(_ name: String) -> Key? {
    let name = name.lowercased()
    return names.first { $0.name == name }?.key
  }
}

/// What is wrong with a key or a colour of the settings.
public enum LookError: Error, Equatable, CustomStringConvertible {
  case unknownKey(String, available: [String])
  case unknownRole(String, available: [String])
  case badColor(String)

  public var description: String {
    switch self {
    case .unknownKey(let name, let available):
      "There is no key '\(name)' to choose here; available: \(available.joined(separator: ", "))."
    case .unknownRole(let name, let available):
      "There is no colour '\(name)'; available: \(available.joined(separator: ", "))."
    case .badColor(let text):
      "'\(text)' is no colour. Write it as \"#RRGGBB\", for example \"#5AA5F2\"."
    }
  }
}
