/// One way to read the text at some place of a line as a path. Nothing here looks at files.
///
/// People quote a path as a shell does, or as a text does (`“a.jpg”`, `«a.jpg»`, backquotes), put it in
/// brackets or behind a label (`picture=a.jpg`), and go on with their sentence directly behind it
/// (`a.jpg:how many?`). Which reading is meant is decided by the files that there are.
struct PathReading: Equatable {
  /// What the path takes up of the line, its quotes and its label included.
  var range: Range<String.Index>
  /// The path, without quotes and escapes.
  var text: String
  /// Whether quotes or escapes say where the path begins and ends.
  var isQuoted = false

  /// The most readings of each kind: a pasted text may hold thousands of commas and dots.
  private static let most = 8

  /// Punctuation of a sentence that may follow a path.
  private static let closing = ".,;:!?)]}>\"'`”“»«›‹’‘…"
  /// What a path inside a word may begin behind.
  private static let opening = "=:,;|([{<\"'`“”„«»‹›‘"
  /// What goes on with a path behind a picture's ending, as in `a.png/b` and `a.png-old`.
  private static let continuing = "/_-~%+@&"
  private static let quotes: [Character: String] = [
    "`": "`", "“": "”", "„": "“”", "”": "”", "«": "»", "»": "«", "‹": "›", "›": "‹", "‘": "’",
    "‚": "‘’",
  ]

  /// Every reading of the text that begins with the word at `start`: what quotes enclose, then the
  /// word itself, the longest pieces of it first.
  static func all(in line: String, at start: String.Index) -> [PathReading] {
    shell(line, start) + enclosed(line, start) + pieces(line, start)
  }

  /// Whether the quotes enclose nothing but a picture's path, and not a sentence with one at its end.
  var isNamedInQuotes: Bool {
    let first = text.prefix { !$0.isWhitespace }
    return isQuoted && ImagePath.hasPictureEnding(text)
      && (first.endIndex == text.endIndex || first.contains("/"))
  }

  /// The quoting and the escapes of a shell.
  private static func shell(_ line: String, _ start: String.Index) -> [PathReading] {
    guard var (word, end) = ShellWord.first(in: line[start...]), word != line[start..<end] else {
      return []
    }
    let isQuoted = "'\"".contains(line[start]) || line[start..<end].contains("\\")
    var readings = [PathReading(range: start..<end, text: word, isQuoted: isQuoted)]
    // Punctuation after the closing quote belongs to the sentence.
    while readings.count < most, let last = word.last, closing.contains(last),
      line[line.index(before: end)] == last
    {
      word.removeLast()
      end = line.index(before: end)
      readings.append(PathReading(range: start..<end, text: word, isQuoted: isQuoted))
    }
    return readings
  }

  /// The quotes of a text, blanks between them included.
  private static func enclosed(_ line: String, _ start: String.Index) -> [PathReading] {
    let rest = line[start...].drop { "([{<".contains($0) }
    guard let first = rest.first, let ends = quotes[first] else { return [] }
    let inside = rest.dropFirst()
    // The apostrophe of ‘bob’s.png’ is no end.
    let closings = Array(inside.indices.filter { ends.contains(inside[$0]) }.prefix(most))
    return closings.map { end in
      PathReading(
        range: rest.startIndex..<line.index(after: end), text: String(inside[..<end]),
        isQuoted: true)
    }
  }

  /// The word up to the next blank, and its pieces.
  private static func pieces(_ line: String, _ start: String.Index) -> [PathReading] {
    let word = line[start...].prefix { !$0.isWhitespace }
    let ends = [word.endIndex, withoutClosing(word).endIndex] + pictureEnds(of: word)
    return starts(of: word).flatMap { begin in
      ends.filter { $0 > begin }.map { end in
        let label = word[..<begin]
        let isLabelled =
          label.last.map { "=:".contains($0) } == true && label.dropLast().allSatisfy(\.isLetter)
        return PathReading(
          range: (isLabelled ? start : begin)..<end, text: String(line[begin..<end]))
      }
    }
  }

  private static func withoutClosing(_ word: Substring) -> Substring {
    var word = word
    while let last = word.last, closing.contains(last) { word.removeLast() }
    return word
  }

  /// Where a path in a word may begin, from left to right.
  static func starts(of word: Substring) -> [String.Index] {
    let behind = Array(word.indices.filter { opening.contains(word[$0]) }.prefix(most))
    return [word.startIndex] + behind.map { word.index(after: $0) }
  }

  /// Where a picture's ending ends in a word, and with it the path, from left to right.
  static func pictureEnds(of word: Substring) -> [String.Index] {
    var ends: [String.Index] = []
    for dot in word.indices where word[dot] == "." {
      if let end = pictureEnd(of: word, behind: dot) { ends.append(end) }
      if ends.count == most { break }
    }
    return ends
  }

  private static func pictureEnd(
    of word: Substring, behind dot: String.Index
  ) -> String.Index? {
    let ending = word[word.index(after: dot)...].prefix {
      $0.isASCII && ($0.isLetter || $0.isNumber)
    }
    guard ImagePath.endings.contains(ending.lowercased()) else { return nil }
    let rest = word[ending.endIndex...]
    guard let next = rest.first else { return ending.endIndex }
    if continuing.contains(next) { return nil }
    // A full stop ends the sentence, unless another ending follows: `a.png.gz`.
    if next == ".", let after = rest.dropFirst().first, after.isLetter || after.isNumber {
      return nil
    }
    return ending.endIndex
  }
}
