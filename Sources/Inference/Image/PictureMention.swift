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
  static func isPicture(_ path: String, mayLackEnding: Bool) -> Bool {
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
