/// Where the image stands in a question.
public enum ImagePlacement: String, Sendable, CaseIterable {
  /// `<image>`, line break, question.
  case first
  /// Question, line break, `<image>`.
  case last
}

/// A question and, unless it is still open, its answer.
public struct Turn: Sendable, Equatable {
  /// A piece of a question.
  public enum Part: Sendable, Equatable {
    case text(String)
    case image
  }

  /// An answer as text, or as it was generated.
  public enum Answer: Sendable, Equatable {
    case text(String)
    /// Generated ids, with or without the end of sequence: they stay in the prompt as they are.
    case tokens([Int])
  }

  /// The parts of the question, in the order of the prompt.
  public var question: [Part]
  /// nil while the model has not answered.
  public var answer: Answer?

  /// A question as a user types it.
  ///
  /// - Parameter image: where to put the image; nil for a question without one. "<image>" in
  ///   `question` is text.
  public init(_ question: String, image: ImagePlacement? = nil, answer: Answer? = nil) {
    switch image {
    case .first: self.question = [.image, .text("\n" + question)]
    case .last: self.question = [.text(question + "\n"), .image]
    case nil: self.question = [.text(question)]
    }
    self.answer = answer
  }

  /// A question of a data set, in which "<image>" stands for the image.
  public init(marked question: String, answer: Answer? = nil) {
    let pieces = question.split(separator: "<image>", omittingEmptySubsequences: false)
    let parts = pieces.map { [Part.text(String($0))] }.joined(separator: [.image])
    self.question = parts.filter { $0 != .text("") }
    self.answer = answer
  }
}
