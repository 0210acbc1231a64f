import Basics
import Foundation

/// A path as people type, paste and drop it.
///
/// A text that is the name of an existing file is taken as it is. Otherwise shell quoting (`'a
/// b.jpg'`, `"a b.jpg"`, `a\ b.jpg`, and the mixtures that terminals produce when a file is dropped
/// on them) is undone, then a `file://` address is decoded. A leading `~` is the home folder.
package enum ImagePath {
  /// Endings of picture files, in lower case: a path that ends like this is meant as a picture.
  package static let endings = [
    "jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "bmp",
  ]

  package static func hasPictureEnding(_ path: String) -> Bool {
    endings.contains(PathText.ending(of: path).lowercased())
  }

  /// The path that a text means, whether or not there is such a file.
  ///
  /// - Throws: `ImageError.noPath` for blanks alone, `.remoteAddress` for `https://…`.
  package static func resolve(_ text: String) throws(ImageError) -> String {
    let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !trimmed.isEmpty else { throw .noPath }
    for candidate in [text, trimmed, expandingHome(trimmed)] where exists(candidate) {
      return candidate
    }
    let bare = ShellWord.unquoted(trimmed) ?? trimmed
    if let path = fileAddress(bare) { return path }
    if isRemote(bare) { throw .remoteAddress(bare) }
    let isQuotedWhole = trimmed.first == "'" || trimmed.first == "\""
    return isQuotedWhole && exists(bare) ? bare : expandingHome(bare)
  }

  package static func exists(_ path: String) -> Bool {
    !path.isEmpty && !path.utf8.contains(0) && access(path, F_OK) == 0
  }

  private static func expandingHome(_ path: String) -> String {
    path.hasPrefix("~") ? UserFolders().expanded(path) : path
  }

  /// `file:///a%20b`, `file://localhost/a` and `file:/a`. A `%` that starts no code stays.
  private static func fileAddress(_ text: String) -> String? {
    guard text.lowercased().hasPrefix("file:/") else { return nil }
    var rest = String(text.dropFirst("file:".count))
    for host in ["//localhost/", "///"] where rest.lowercased().hasPrefix(host) {
      rest = "/" + rest.dropFirst(host.count)
      break
    }
    return rest.removingPercentEncoding ?? rest
  }

  private static func isRemote(_ text: String) -> Bool {
    guard let range = text.range(of: "://") else { return false }
    let scheme = text[..<range.lowerBound]
    return !scheme.isEmpty && scheme.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
  }
}

/// Shell quoting as POSIX defines it (XCU 2.2), without expansions.
enum ShellWord {
  /// Undoes the quoting of a whole text. nil when a quote is not closed.
  static func unquoted(_ text: String) -> String? {
    var result = ""
    let end = read(text[...], into: &result, stopsAtBlank: false)
    return end == text.endIndex ? result : nil
  }

  /// The word at the start of `text`, up to the first blank outside of quotes.
  ///
  /// - Returns: the word without its quoting, and where it ends; nil when a quote is not closed.
  static func first(in text: Substring) -> (word: String, end: String.Index)? {
    var result = ""
    return read(text, into: &result, stopsAtBlank: true).map { (result, $0) }
  }

  private static func read(
    _ text: Substring, into result: inout String, stopsAtBlank: Bool
  ) -> String.Index? {
    var quote: Character?
    var index = text.startIndex
    while index < text.endIndex {
      let character = text[index]
      if stopsAtBlank, quote == nil, character.isWhitespace { return index }
      index = text.index(after: index)
      switch (quote, character) {
      case (nil, "'"), (nil, "\""): quote = character
      case ("'", "'"), ("\"", "\""): quote = nil
      case (nil, "\\"), ("\"", "\\"):
        guard index < text.endIndex else { return nil }
        let next = text[index]
        if quote != nil, !"\"\\$`".contains(next) { result.append("\\") }
        result.append(next)
        index = text.index(after: index)
      default: result.append(character)
      }
    }
    return quote == nil ? index : nil
  }
}
