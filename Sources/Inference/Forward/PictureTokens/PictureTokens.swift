/// A wish for fewer rows of a picture than the tower gives it. A prompt is then shorter from the beginning,
/// which eviction cannot achieve: it comes after the prompt was read.
public struct PictureTokens: Sendable, Equatable {
  /// At most so many rows of the picture enter the language model; 1 or more.
  public let count: Int
  /// What chooses them.
  public let method: any PictureTokenMethod

  /// - Parameters:
  ///   - text: "64", or with the name of a method: "diverse:64".
  ///   - method: what a number alone means; nil is the first of the list.
  ///   - most: rows that a picture has at most; nil where that is not known.
  /// - Throws: `PictureTokenError` with what would work.
  public init(
    parsing text: String, by method: (any PictureTokenMethod)? = nil, most: Int? = nil
  ) throws(PictureTokenError) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let count = Int(parts[parts.count - 1]), count > 0 else { throw .notANumber(text) }
    if let most, count > most { throw .tooMany(count: count, most: most) }
    guard parts.count == 2 else {
      self.init(count, by: method ?? PictureTokenMethods.all[0])
      return
    }
    self.init(count, by: try PictureTokenMethods.named(String(parts[0])))
  }

  /// - Parameter count: 1 or more.
  public init(_ count: Int, by method: any PictureTokenMethod) {
    self.count = count
    self.method = method
  }

  /// As the command line takes it.
  public var text: String { "\(method.name):\(count)" }

  public static func == (first: PictureTokens, second: PictureTokens) -> Bool {
    first.text == second.text
  }
}

extension PictureTokens? {
  /// The most rows that enter the language model of a picture with `rows`; nil lets all of them in.
  public func most(of rows: Int) -> Int { min(rows, self?.count ?? rows) }
}

/// Why a picture cannot have fewer rows in this way.
public enum PictureTokenError: Error, Equatable, CustomStringConvertible {
  case notANumber(String)
  case unknownMethod(String)
  /// The tower of this model has no class token.
  case noClassRow(method: String, model: String)
  /// It reads text alone.
  case textModel(String)
  /// No picture has as many rows in this model.
  case tooMany(count: Int, most: Int)
  case tooFew(count: Int, least: Int)

  public var description: String {
    switch self {
    case .notANumber(let text):
      "'\(text)' is no number of picture tokens. 64 works, or with a method, diverse:64."
    case .unknownMethod(let name):
      "There is no method '\(name)' to choose picture tokens by. Available: "
        + "\(PictureTokenMethods.all.map(\.name).joined(separator: ", "))."
    case .noClassRow(let method, let model):
      "'\(method)' goes by the attention of the tower's class token, and the tower of '\(model)' has "
        + "none. Methods that work: "
        + PictureTokenMethods.all.filter { !$0.needsClassRow }.map(\.name)
        .joined(separator: ", ") + "."
    case .textModel(let model):
      "'\(model)' is a text model: no picture has rows in it that could be fewer."
    case .tooMany(let count, let most):
      "\(count) picture tokens are more than this model makes of any picture; it makes at most \(most)."
    case .tooFew(let count, let least):
      "\(count) picture tokens are too few for this picture and model; \(least) is the least."
    }
  }
}
