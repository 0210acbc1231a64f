import Foundation

/// A path as people type, paste and drop it.
///
/// A text that is the name of an existing file is taken as it is. Otherwise, in this order: a
/// `file://` address is decoded, and shell quoting (`'a b.jpg'`, `"a b.jpg"`, `a\ b.jpg`, and the
/// mixtures terminals produce when a file is dropped on them) is undone. A leading `~` or `~user`
/// is a home directory.
enum ImagePath {
  static func resolve(_ text: String) throws(ImageError) -> String {
    let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !trimmed.isEmpty else { throw .noPath }
    for candidate in [text, trimmed, expandingHome(trimmed)] where exists(candidate) {
      return candidate
    }
    let bare = unquoted(trimmed) ?? trimmed
    if let path = fileAddress(bare) { return path }
    if isRemote(bare) { throw .remoteAddress(bare) }
    let isQuotedWhole = trimmed.first == "'" || trimmed.first == "\""
    return isQuotedWhole && exists(bare) ? bare : expandingHome(bare)
  }

  private static func exists(_ path: String) -> Bool {
    !path.utf8.contains(0) && access(path, F_OK) == 0
  }

  private static func expandingHome(_ path: String) -> String {
    path.hasPrefix("~") ? (path as NSString).expandingTildeInPath : path
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

  /// Undoes POSIX shell quoting. nil when a quote is not closed.
  static func unquoted(_ text: String) -> String? {
    var result = ""
    var quote: Character?
    var characters = text.makeIterator()
    while let character = characters.next() {
      switch (quote, character) {
      case (nil, "'"), (nil, "\""): quote = character
      case ("'", "'"), ("\"", "\""): quote = nil
      case (nil, "\\"):
        guard let next = characters.next() else { return nil }
        result.append(next)
      case ("\"", "\\"):
        guard let next = characters.next() else { return nil }
        if !"\"\\$`".contains(next) { result.append("\\") }
        result.append(next)
      default: result.append(character)
      }
    }
    return quote == nil ? result : nil
  }
}
