import Foundation

/// The piece of the prompt in front of the cursor that Tab completes.
struct CompletionWord: Sendable, Equatable {
  enum Quoting: Sendable, Equatable {
    /// As it is, blanks included: the argument of a command.
    case verbatim
    /// A backslash stands in front of blanks and quotes: a path inside a question.
    case escapes
    /// Between these quotes.
    case quotes(Character)
    /// `file:///a%20b`, with what the address begins with.
    case address(String)
  }

  /// The prompt's text in front of the word.
  var front: String
  /// The word without its quoting.
  var text: String
  var quoting: Quoting

  /// Whether a path is written otherwise than the file is called.
  static func isSpelled(_ argument: Substring) -> Bool {
    argument.first.map { "'\"".contains($0) } == true || argument.contains("\\")
      || addressPrefix(of: String(argument)) != nil
  }

  /// `file://` and its shorter and longer forms, up to the slash that begins the path.
  private static func addressPrefix(of word: String) -> String? {
    ["file://localhost", "file://", "file:"].first { word.lowercased().hasPrefix($0 + "/") }
      .map { String(word.prefix($0.count)) }
  }

  /// The last word of a text, by the rules of a shell. A quote opens only where a word begins, since
  /// elsewhere it is an apostrophe.
  ///
  /// - Parameter mayBeBare: whether a word without a slash is a path, too.
  /// - Returns: nil when the word is not written like a path.
  static func path(atEndOf text: Substring, mayBeBare: Bool = false) -> CompletionWord? {
    var start = text.startIndex
    var word = ""
    var quote: Character?
    var isEscaped = false
    for index in text.indices {
      let character = text[index]
      if isEscaped {
        word.append(character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else if let open = quote {
        if character == open { quote = nil } else { word.append(character) }
      } else if character.isWhitespace {
        start = text.index(after: index)
        word = ""
      } else if "'\"".contains(character), index == start {
        quote = character
      } else {
        word.append(character)
      }
    }
    guard mayBeBare || word.contains("/") || word.hasPrefix("~") else { return nil }
    if quote == nil, let prefix = addressPrefix(of: word) {
      let path = String(word.dropFirst(prefix.count))
      return CompletionWord(
        front: String(text[..<start]), text: path.removingPercentEncoding ?? path,
        quoting: .address(prefix))
    }
    let quoting = quote.map { Quoting.quotes($0) } ?? .escapes
    return CompletionWord(front: String(text[..<start]), text: word, quoting: quoting)
  }

  /// How a candidate stands in the prompt.
  ///
  /// - Parameter isFinished: whether nothing is to follow, so that a quote is closed.
  func written(_ candidate: String, isFinished: Bool) -> String {
    switch quoting {
    case .verbatim: return candidate
    case .escapes: return Self.escaped(candidate, " \t\\'\"")
    case .address(let prefix):
      return prefix
        + (candidate.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? candidate)
    case .quotes(let quote):
      let inside = quote == "\"" ? Self.escaped(candidate, "\"\\") : candidate
      return "\(quote)\(inside)" + (isFinished && !candidate.hasSuffix("/") ? "\(quote)" : "")
    }
  }

  private static func escaped(_ text: String, _ special: String) -> String {
    text.map { special.contains($0) ? "\\\($0)" : "\($0)" }.joined()
  }
}
