import Foundation

/// Paths as people and terminals write them: quoted, with escaped blanks, as `file://` addresses,
/// with `~`.
enum PathText {
  private static let pictureExtensions = ["jpg", "jpeg", "jpe", "jfif", "png", "webp"]

  /// True for a single line that is nothing but the path of a picture, by its ending.
  static func looksLikePicture(_ text: String) -> Bool {
    guard text.utf8.count <= 4096,
      !text.trimmingCharacters(in: .whitespacesAndNewlines).contains("\n")
    else { return false }
    return readings(of: text).contains { reading in
      pictureExtensions.contains((reading as NSString).pathExtension.lowercased())
    }
  }

  /// What the text may mean as a path, the most literal first.
  static func readings(of text: String) -> [String] {
    let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
    var readings = [text]
    for quote in ["'", "\""] where text.count > 2 && text.hasPrefix(quote) && text.hasSuffix(quote)
    {
      readings.append(String(text.dropFirst().dropLast()))
    }
    if text.contains("\\") { readings.append(unescaped(text)) }
    for reading in readings where reading.hasPrefix("file://") {
      let path = reading.dropFirst("file://".count).drop { $0 != "/" }
      readings.append(String(path).removingPercentEncoding ?? String(path))
    }
    return readings.map(expandingHome)
  }

  static func expandingHome(_ path: String) -> String {
    guard path == "~" || path.hasPrefix("~/") else { return path }
    return NSHomeDirectory() + path.dropFirst()
  }

  private static func unescaped(_ text: String) -> String {
    var result = ""
    var isEscaped = false
    for character in text {
      if character == "\\", !isEscaped {
        isEscaped = true
        continue
      }
      result.append(character)
      isEscaped = false
    }
    return result
  }
}
