import Basics

/// A form that a conversation is written in for other programs.
public struct SessionFormat: Sendable {
  /// What files of it end with, without the dot.
  public let ending: String
  /// A whole file.
  ///
  /// - Parameter picture: a PNG file of what was asked about; nil without one.
  public let text: @Sendable (_ session: SavedSession, _ picture: [UInt8]?) -> String
}

/// Every form.
public enum SessionFormats {
  public static let all: [SessionFormat] = [.markdown, .json, .html]

  /// The form that a file's name asks for.
  ///
  /// - Throws: `SessionFormatError` when the name ends with none that is known.
  public static func format(of path: String) throws(SessionFormatError) -> SessionFormat {
    let name = PathText.name(of: path).lowercased()
    guard let format = all.first(where: { name.hasSuffix("." + $0.ending) }) else {
      throw SessionFormatError(path: path)
    }
    return format
  }
}

/// A file's name does not say in which form a conversation is wanted.
public struct SessionFormatError: Error, Equatable, CustomStringConvertible {
  public let path: String

  public var description: String {
    let endings = SessionFormats.all.map { "." + $0.ending }.joined(separator: ", ")
    return "'\(path)' does not say which form is wanted. Names may end with \(endings)."
  }
}

extension SavedMessage {
  /// What stands below an answer: what it is, its numbers, and what it was written under.
  var remark: String? {
    let parts = [isFormer ? "the former answer" : nil, note, conditions.text].compactMap(\.self)
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}

extension SessionSetting {
  /// `llava, Q4_0, vicuna_v1`
  var modelFacts: String { "\(modelName), \(weightType), \(template)" }
}
