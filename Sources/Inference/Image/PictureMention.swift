import Foundation

/// What a line of input says about pictures: people type or drop a path anywhere beside their
/// question, quoted, escaped, or with its blanks as they are.
package enum PictureMention: Equatable, Sendable {
  /// The line names no picture.
  case none
  /// The line names one picture that is there; `question` is what is left of it, perhaps nothing.
  case one(path: String, question: String)
  /// The line names no existing picture and one that should be: the path as it was typed.
  case missing(path: String)
  /// The line names a picture on the network.
  case remote(address: String)
  /// The line names several pictures.
  case several(paths: [String])

  /// Longer lines are pasted texts, and are not searched.
  private static let longestLine = 16 << 10

  /// Whether a look at the files is worth while: without one of these a line names no picture.
  package static func isPossible(in line: String) -> Bool {
    guard line.utf8.count <= longestLine else { return false }
    let lower = line.lowercased()
    return line.contains("/") || ImagePath.endings.contains { lower.contains("." + $0) }
  }

  /// True for a single line that is nothing but the path of a picture, by its ending.
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

  /// Reads what follows `/image`: a path, and perhaps a question. Whatever is there is meant as the
  /// picture, whether or not it looks like one.
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

  /// - Parameter mayLackEnding: whether the first bytes may say that it is a picture.
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

  /// A word with quotes or escapes that names a picture, or one that is missed.
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
      // The punctuation behind the closing quote belongs to the sentence.
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

  /// A word that ends like a picture and is none: it is missed where it was written as a path. A
  /// bare name may be just a word of the question.
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

  /// Punctuation that followed a path directly follows the word before it.
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
