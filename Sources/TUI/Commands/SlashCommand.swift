import Basics
import Foundation

/// A command typed after a slash. The same table serves the screen, plain mode, Tab and the help.
struct SlashCommand: Sendable {
  /// What Tab offers for the argument.
  enum Candidates: Sendable {
    case none
    case paths(PathFilter)
    /// What `prefixkv models` lists, and paths.
    case models
    case names(@Sendable (AppState) -> [String])
  }

  struct Argument: Sendable {
    /// How the help shows it: "PATH".
    var placeholder: String
    var candidates: Candidates = .none

    static let none = Argument(placeholder: "")
  }

  let name: String
  var argument = Argument.none
  /// What the command does, in a few words for the help.
  let summary: String
  /// Sentences for `/help COMMAND`: what the argument may be, and examples.
  var details = ""
  /// What plain mode answers where the command only changes what panels show; nil where it does as much
  /// in lines.
  var insteadInLines: String?
  /// Receives the text after the name without blanks around it, perhaps empty.
  let run: @Sendable (inout AppState, String) -> [AppEffect]

  var usage: String {
    argument.placeholder.isEmpty ? "/" + name : "/\(name) \(argument.placeholder)"
  }
}

/// Every command, in the order of the help.
enum SlashCommands {
  static let all: [SlashCommand] = [
    .image, .tiles, .pictureTokens, .budget, .policy, .model, .models, .overlay, .recall, .compare,
    .twin, .tokens, .confidence, .regenerate, .retry, .edit, .undo, .set, .clear, .sessions, .title,
    .keep, .show, .save, .export, .copy, .theme, .graphics, .help, .quit,
  ]

  static func named(_ name: String) -> SlashCommand? { all.first { $0.name == name } }

  /// What to type instead of an unknown command, as a sentence.
  static func advice(_ name: String) -> String {
    if let nearest = NearestName.to(name, among: all.map(\.name)) {
      return "Did you mean /\(nearest)? /help lists all."
    }
    return "Commands: \(all.map { "/" + $0.name }.joined(separator: ", "))."
  }

  /// `/name rest` as its two parts; nil when the text does not begin with a slash.
  static func split(_ text: String) -> (name: String, rest: String)? {
    guard text.hasPrefix("/") else { return nil }
    let end = text.firstIndex { $0.isWhitespace } ?? text.endIndex
    let name = String(text[text.index(after: text.startIndex)..<end])
    return (name, text[end...].trimmingCharacters(in: .whitespacesAndNewlines))
  }
}
