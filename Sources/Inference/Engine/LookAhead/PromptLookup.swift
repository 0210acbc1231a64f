/// Guesses how a text goes on: as it did the last time that the same tokens stood in it.
///
/// Source: Saxena, "Prompt Lookup Decoding", https://github.com/apoorvumang/prompt-lookup-decoding.
struct PromptLookup {
  /// The most tokens that are compared.
  static let longestMatch = 4

  /// A guess, and how many of the latest tokens stood before it the last time, up to `longestMatch`.
  struct Guess: Equatable {
    var tokens: [Int]
    var match: Int
  }

  /// What stands in the text in place of a picture, which no token equals.
  static let noToken = -1

  /// Everything so far.
  private(set) var text: [Int]

  init(_ text: [Int]) { self.text = text }

  mutating func append(_ token: Int) { text.append(token) }

  /// The continuation of the longest match, and of equally long ones of the latest.
  ///
  /// - Parameter count: tokens to guess, at least 1. Where the text ends before, it is taken to repeat
  ///   what it was guessed to repeat.
  /// - Returns: nil when the last token is new, or no token follows the match.
  func guess(_ count: Int) -> Guess? {
    var best = (match: 0, end: 0)
    for end in stride(from: text.count - 1, to: 0, by: -1) where best.match < Self.longestMatch {
      let match = match(endingAt: end)
      if match > best.match { best = (match, end) }
    }
    guard best.match > 0 else { return nil }
    var tokens: [Int] = []
    while tokens.count < count {
      let next = best.end + tokens.count
      let token = next < text.count ? text[next] : tokens[next - text.count]
      guard token != Self.noToken else { break }
      tokens.append(token)
    }
    return tokens.isEmpty ? nil : Guess(tokens: tokens, match: best.match)
  }

  /// How many tokens before `end` are those before the text's end.
  private func match(endingAt end: Int) -> Int {
    var length = 0
    while length < min(end, Self.longestMatch) {
      let token = text[end - 1 - length]
      guard token != Self.noToken, token == text[text.count - 1 - length] else { break }
      length += 1
    }
    return length
  }
}
