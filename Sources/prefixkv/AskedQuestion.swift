import ArgumentParser
import Foundation
import Inference

/// A question as it was typed, and the picture whose path it names: a path that is passed to the model
/// as words would be answered about no picture, or about another one.
struct AskedQuestion {
  let text: String
  /// nil where the question names none.
  let picture: String?

  /// - Parameter hasPicture: whether `--image` names one.
  /// - Throws: `ValidationError` for a second picture, or for a path without a question; `ImageError`
  ///   for a picture that is not there.
  init(_ line: String, hasPicture: Bool) throws {
    switch Self.mention(in: line) {
    case .one(let path, let question):
      guard !hasPicture else {
        throw ValidationError(
          "The question names the picture '\(path)', and --image names one, but a conversation is "
            + "about one picture. Give one.")
      }
      guard !question.isEmpty else {
        throw ValidationError(
          "The question is only a picture's path, '\(path)'. Write behind it what you want to know."
        )
      }
      (text, picture) = (question, path)
    case .several(let paths):
      let names = paths.map { "'\($0)'" }.joined(separator: ", ")
      throw ValidationError(
        "The question names several pictures, \(names), but a conversation is about one. Name one.")
    case .missing(let path) where !hasPicture || Self.isCommand(line):
      throw ImageError.notFound(path: path)
    case .remote(let address) where !hasPicture: throw ImageError.remoteAddress(address)
    case .none, .missing, .remote: (text, picture) = (line, nil)
    }
  }

  /// `/image PATH` is understood as in the chat: the model would be asked about the word "/image".
  private static func mention(in line: String) -> PictureMention {
    guard isCommand(line) else { return PictureMention.read(line) }
    let text = line.dropFirst(command.count).trimmingCharacters(in: .whitespaces)
    let mention = PictureMention.afterCommand(text)
    return mention == .none ? .missing(path: text) : mention
  }

  private static let command = "/image"

  private static func isCommand(_ line: String) -> Bool {
    line.hasPrefix(command) && line.dropFirst(command.count).first?.isWhitespace == true
  }
}
