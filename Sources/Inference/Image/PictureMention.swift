import Foundation

/// Which picture a line of input names. People type or drop a path anywhere in their question:
/// quoted, escaped, or with its blanks as they are.
package enum PictureMention: Equatable, Sendable {
  /// The line names no picture.
  case none
  /// The line names one existing picture; `question` is the rest of the line, perhaps nothing.
  case one(path: String, question: String)
  /// The line names one picture, which does not exist.
  case missing(path: String)
  /// The line names a picture on the network.
  case remote(address: String)
  /// The line names several pictures; `paths` are those that exist.
  case several(paths: [String])

  /// Bytes. Longer lines are pasted texts and are not searched.
  private static let longestLine = 16 << 10

  /// Whether a line may name a picture, judged without looking at files: it must hold a slash or
  /// the ending of a picture.
  package static func isPossible(in line: String) -> Bool {
    guard line.utf8.count <= longestLine else { return false }
    let lower = line.lowercased()
    return line.contains("/") || ImagePath.endings.contains { lower.contains("." + $0) }
  }

  /// Whether a text is a single line that is nothing but the path of a picture, judged by its
  /// ending.
  package static func isAlone(in text: String) -> Bool {
    let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard text.utf8.count <= 4096, !text.contains("\n"), let path = try? ImagePath.resolve(text)
    else { return false }
    return ImagePath.hasPictureEnding(path)
  }

  /// Reads a line and looks at the file system to tell paths from words.
  package static func read(_ line: String) -> PictureMention {
    guard isPossible(in: line) else { return .none }
    if let path = try? ImagePath.resolve(line), isPicture(path, mayLackEnding: true) {
      return .one(path: path, question: "")
    }
    var reader = MentionReader(line)
    reader.read()
    return reader.result
  }

  /// Reads what follows `/image`: a path, and perhaps a question. The path is taken for the picture
  /// whether or not it looks like one.
  package static func afterCommand(_ text: String) -> PictureMention {
    if let path = try? ImagePath.resolve(text), ImagePath.exists(path) {
      return .one(path: path, question: "")
    }
    let mention = read(text)
    guard mention == .none, let (word, end) = ShellWord.first(in: text[...]),
      let path = try? ImagePath.resolve(word), ImagePath.exists(path)
    else { return mention }
    return .one(path: path, question: text[end...].trimmingCharacters(in: .whitespaces))
  }

  /// - Parameter mayLackEnding: whether a file without a picture's ending is judged by its first
  ///   bytes.
  fileprivate static func isPicture(_ path: String, mayLackEnding: Bool) -> Bool {
    guard ImagePath.exists(path) else { return false }
    if ImagePath.hasPictureEnding(path) { return true }
    var status = stat()
    guard mayLackEnding, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      let file = FileHandle(forReadingAtPath: path)
    else { return false }
    defer { try? file.close() }
    let head = [UInt8]((try? file.read(upToCount: 64)) ?? Data())
    return ImageFormat.all.contains { $0.begins(head) }
  }
}

/// Goes through the words of a line, from left to right.
private struct MentionReader {
  /// The most words that one path without quotes is taken to have.
  static let mostWords = 12

  /// Punctuation of a sentence that may follow a path.
  private static let closing = ".,;:!?)]}>\"'"

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
    while let start = line[index...].firstIndex(where: { !$0.isWhitespace }) {
      index = readWord(at: start)
    }
  }

  /// - Returns: where to go on.
  private mutating func readWord(at start: String.Index) -> String.Index {
    let plainEnd = line[start...].firstIndex(where: \.isWhitespace) ?? line.endIndex
    if let end = findQuoted(at: start) { return end }
    let word = line[start..<plainEnd]
    for range in Self.withoutPunctuation(word) where find(range) { return plainEnd }
    starts.append(start)
    let trimmed = word.trimmingSuffix { Self.closing.contains($0) }
    guard ImagePath.hasPictureEnding(String(trimmed)) else { return plainEnd }
    if findWithBlanks(endingAt: trimmed.endIndex) { return plainEnd }
    note(trimmed)
    return plainEnd
  }

  /// Finds a word with quotes or escapes that names a picture, or notes it as missing.
  ///
  /// - Returns: where to go on; nil when the word names none.
  private mutating func findQuoted(at start: String.Index) -> String.Index? {
    guard var (word, end) = ShellWord.first(in: line[start...]), word != line[start..<end] else {
      return nil
    }
    let isQuoted = "'\"".contains(line[start]) || line[start..<end].contains("\\")
    while true {
      if let path = try? ImagePath.resolve(word) {
        if PictureMention.isPicture(path, mayLackEnding: true) {
          add(start..<end, path)
          return end
        }
        if isQuoted, path.contains("/"), ImagePath.hasPictureEnding(path) {
          missing = missing ?? word
          return end
        }
      }
      // Punctuation after the closing quote belongs to the sentence.
      guard let last = word.last, Self.closing.contains(last),
        line[line.index(before: end)] == last
      else { return nil }
      word.removeLast()
      end = line.index(before: end)
    }
  }

  private mutating func find(_ range: Range<String.Index>) -> Bool {
    let text = String(line[range])
    guard let path = try? ImagePath.resolve(text),
      PictureMention.isPicture(path, mayLackEnding: text.contains("/"))
    else { return false }
    add(range, path)
    return true
  }

  /// `/tmp/my cat.jpg` without quotes: the longest run of words that names a file.
  private mutating func findWithBlanks(endingAt end: String.Index) -> Bool {
    for start in starts.suffix(Self.mostWords) where find(start..<end) { return true }
    return false
  }

  /// Notes a word that ends like a picture and names no file. It is a missing picture if it was
  /// written as a path; a bare name may be just a word of the question.
  private mutating func note(_ word: Substring) {
    let start = starts.suffix(Self.mostWords).last { beginsLikeAPath(at: $0) } ?? word.startIndex
    let text = line[start..<word.endIndex]
    do {
      let path = try ImagePath.resolve(String(text))
      if text.contains("/") { missing = missing ?? path }
    } catch {
      if case .remoteAddress(let address) = error { remote = address }
    }
  }

  private func beginsLikeAPath(at start: String.Index) -> Bool {
    ["/", "~/", "./", "../", "file:/"].contains { line[start...].hasPrefix($0) }
  }

  private mutating func add(_ range: Range<String.Index>, _ path: String) {
    found.append((range, path))
    starts = []
  }

  /// The word as it is, and without the punctuation of the sentence around it.
  private static func withoutPunctuation(_ word: Substring) -> [Range<String.Index>] {
    let opened = word.drop { "([<{\"'".contains($0) }
    let closed = opened.trimmingSuffix { closing.contains($0) }
    return [word, opened, closed].filter { !$0.isEmpty }.map { $0.startIndex..<$0.endIndex }
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
    return rest.contains { $0.isLetter || $0.isNumber } ? rest : ""
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

extension Substring {
  fileprivate func trimmingSuffix(while matches: (Character) -> Bool) -> Substring {
    var result = self
    while let last = result.last, matches(last) { result.removeLast() }
    return result
  }
}
