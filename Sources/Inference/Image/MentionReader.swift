import Foundation

/// Goes through the words of a line, from left to right, and asks the file system which readings of
/// them are pictures.
struct MentionReader {
  /// The most words that one path without quotes is taken to have.
  private static let mostWords = 12
  /// More pictures than a sentence names; a pasted text may hold thousands.
  private static let mostPictures = 16

  private let line: String
  private var found: [(range: Range<String.Index>, path: String)] = []
  private var missing: String?
  private var remote: String?
  /// Starts of the words since the last path: a path with blanks begins at one of them.
  private var starts: [String.Index] = []

  init(_ line: String) { self.line = line }

  var result: PictureMention {
    var paths: [String] = []
    for (_, path) in found where !paths.contains(path) { paths.append(path) }
    if paths.count + (missing == nil ? 0 : 1) > 1 { return .several(paths: paths) }
    if let missing { return .missing(path: missing) }
    if let remote { return .remote(address: remote) }
    guard let path = paths.first else { return .none }
    return .one(path: path, question: question)
  }

  mutating func read() {
    var index = line.startIndex
    while found.count < Self.mostPictures,
      let start = line[index...].firstIndex(where: { !$0.isWhitespace })
    {
      index = readWord(at: start)
    }
  }

  /// - Returns: where to go on.
  private mutating func readWord(at start: String.Index) -> String.Index {
    let readings = PathReading.all(in: line, at: start)
    for reading in readings where find(reading) { return reading.range.upperBound }
    if let named = readings.first(where: \.isNamedInQuotes),
      let path = try? ImagePath.resolve(named.text)
    {
      missing = missing ?? path
      return named.range.upperBound
    }
    starts.append(start)
    let word = line[start...].prefix { !$0.isWhitespace }
    let ends = PathReading.pictureEnds(of: word)
    for end in ends where findWithBlanks(endingAt: end) { return end }
    if let end = ends.first { note(word, endingAt: end) }
    return word.endIndex
  }

  private mutating func find(_ reading: PathReading) -> Bool {
    guard let path = try? ImagePath.resolve(reading.text),
      PictureMention.isPicture(
        path, mayLackEnding: reading.isQuoted || reading.text.contains("/"))
    else { return false }
    found.append((reading.range, path))
    starts = []
    return true
  }

  /// `/tmp/my cat.jpg` without quotes: the longest run of words that names a file.
  private mutating func findWithBlanks(endingAt end: String.Index) -> Bool {
    for start in starts.suffix(Self.mostWords)
    where find(PathReading(range: start..<end, text: String(line[start..<end]))) {
      return true
    }
    return false
  }

  /// Notes a word that ends like a picture and names no file: it is not answered, since the answer
  /// would be about another picture.
  private mutating func note(_ word: Substring, endingAt end: String.Index) {
    let inWord = PathReading.starts(of: word).filter { start in
      start < end && ImagePath.hasPictureEnding(String(line[start..<end]))
    }
    let start =
      starts.suffix(Self.mostWords).last { beginsLikeAPath(at: $0) }
      ?? inWord.last { line[$0..<end].contains("://") } ?? inWord.last
    guard let start, ImagePath.hasPictureEnding(String(line[start..<end])) else { return }
    do {
      let path = try ImagePath.resolve(String(line[start..<end]))
      missing = missing ?? path
    } catch {
      if case .remoteAddress(let address) = error { remote = address }
    }
  }

  private func beginsLikeAPath(at start: String.Index) -> Bool {
    ["/", "~/", "./", "../", "file:/"].contains { line[start...].hasPrefix($0) }
  }

  /// What is left of the line without its paths.
  private var question: String {
    var rest = ""
    var index = line.startIndex
    for (range, _) in found {
      Self.append(line[index..<range.lowerBound], to: &rest)
      index = range.upperBound
    }
    Self.append(line[index...], to: &rest)
    guard rest.contains(where: { $0.isLetter || $0.isNumber }) else { return "" }
    let isInFront = found.first.map { line[..<$0.range.lowerBound].allSatisfy(\.isWhitespace) }
    // The colon of `cat.jpg: what is it?` belongs to the path that is gone.
    return isInFront == true ? String(rest.drop { " .,;:!?)]}>=|-–—".contains($0) }) : rest
  }

  /// Appends a part of the question. Punctuation that followed a path comes directly after the word
  /// before the path.
  private static func append(_ part: Substring, to rest: inout String) {
    let words = part.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !words.isEmpty else { return }
    let isApart = part.first?.isWhitespace ?? false
    rest += (isApart && !rest.isEmpty ? " " : "") + words
  }
}
