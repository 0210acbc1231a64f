/// An answer that goes round in circles.
enum Repetition {
  private static let longest = 24
  private static let times = 3

  /// How many words the end of a text repeats, at least three times in a row; nil when it does not.
  static func period(of text: String) -> Int? {
    let words = text.split { $0 == " " || $0 == "\n" }.suffix(longest * times).reversed()
    let tail = Array(words)
    return (1...longest).first { period in
      let count = period * times
      // One or two words are repeated in ordinary speech, too.
      guard tail.count >= max(count, 6) else { return false }
      return (period..<max(count, 6)).allSatisfy { tail[$0] == tail[$0 - period] }
    }
  }
}
