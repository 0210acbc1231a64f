import Basics

/// The reference scripts' file of full-cache answers: a list of image, question and answer.
public struct ReferenceAnswers: Sendable, Equatable {
  /// The file's content.
  public let json: String

  /// - Parameter records: The records of a run that writes references, in sample order.
  public init(_ records: [EvaluationRecord]) {
    struct Item: Encodable {
      var image: String
      var question: String
      var answer: String
    }
    let items = records.compactMap { record -> Item? in
      guard let image = record.image, let question = record.question, let answer = record.answer
      else { return nil }
      return Item(image: image, question: question, answer: answer)
    }
    json = JSONStyle.document(items)
  }
}
