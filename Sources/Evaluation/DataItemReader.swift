import Foundation

/// Reads one item of a data set and says which field is wrong.
struct DataItemReader {
  let file: String
  let index: Int
  let needsAnswer: Bool
  let item: DataItem

  /// The keys that make an object an item.
  static let fields: Set = ["image", "imagename", "question", "text", "conversations", "answer"]

  func sample() throws(DataProblem) -> (EvaluationSample, EvaluationData.Form) {
    guard let object = item.value as? [String: Any] else {
      throw problem("item", item.value == nil ? "it is not JSON" : "it is not an object")
    }
    let form = form(of: object)
    let image = try text(object["image"] ?? object["imagename"], "image")
    let (question, answer) =
      switch form {
      case .conversations: try conversation(object["conversations"])
      // An item of JSON is never a running text.
      case .questions, .text:
        (
          try text(object["question"] ?? object["text"], "question"),
          try text(object["answer"], "answer", needsAnswer)
        )
      }
    let sample = EvaluationSample(
      index: index, id: identifier(of: object), image: image, question: try marked(question),
      answer: answer, kind: object["kind"] as? String ?? object["category"] as? String)
    return (sample, form)
  }

  /// The form of an item. When it has the fields of both forms, the path decides as in the
  /// reference scripts, which look for `mm-vet` in it.
  private func form(of object: [String: Any]) -> EvaluationData.Form {
    switch (object["conversations"], object["question"] ?? object["text"]) {
    case (.some, nil): .conversations
    case (.some, .some): file.contains("mm-vet") ? .questions : .conversations
    default: .questions
    }
  }

  // MARK: Conversations

  /// The first turn of the human and the model's turn after it. Turns that do not name their
  /// speaker are taken in their order.
  private func conversation(_ value: Any?) throws(DataProblem) -> (String, String) {
    guard let turns = value as? [Any] else {
      throw problem("conversations", "it is missing or not a list")
    }
    let objects = turns.map { $0 as? [String: Any] ?? [:] }
    guard objects.contains(where: { $0["from"] is String }) else {
      return try pair(objects, asked: 0, answered: 1)
    }
    let speakers = objects.map { ($0["from"] as? String)?.lowercased() ?? "" }
    guard let asked = speakers.firstIndex(where: Self.humans.contains) else {
      throw problem("conversations", "no turn is from 'human'")
    }
    let answered = speakers[asked...].firstIndex(where: Self.models.contains)
    guard answered != nil || !needsAnswer else {
      throw problem("conversations", "no turn from 'gpt' follows the question")
    }
    return try pair(objects, asked: asked, answered: answered ?? objects.count)
  }

  private static let humans: Set = ["human", "user"]
  private static let models: Set = ["gpt", "assistant", "model"]

  private func pair(
    _ turns: [[String: Any]], asked: Int, answered: Int
  ) throws(DataProblem) -> (String, String) {
    guard turns.count > (needsAnswer ? answered : asked) else {
      throw problem(
        "conversations", "it has \(turns.count) turns; a question and an answer are needed")
    }
    let answer = turns.indices.contains(answered) ? turns[answered]["value"] : nil
    return (
      try text(turns[asked]["value"], "conversations[\(asked)].value"),
      try text(answer, "conversations[\(answered)].value", needsAnswer)
    )
  }

  // MARK: Fields

  private func marked(_ question: String) throws(DataProblem) -> String {
    switch question.components(separatedBy: "<image>").count - 1 {
    case 0: return question + "\n<image>"
    case 1: return question
    case let count: throw problem("question", "it has \(count) <image> marks; one is allowed")
    }
  }

  private func text(
    _ value: Any?, _ field: String, _ isNeeded: Bool = true
  ) throws(DataProblem) -> String {
    guard let value, !(value is NSNull) else {
      if !isNeeded { return "" }
      throw problem(field, "it is missing")
    }
    guard let text = value as? String else { throw problem(field, "it is not a text") }
    guard !isNeeded || !text.allSatisfy(\.isWhitespace) else { throw problem(field, "it is empty") }
    return text
  }

  private func identifier(of object: [String: Any]) -> String {
    for value in [object["id"], object["question_id"]] {
      if let text = value as? String { return text }
      if let number = value as? NSNumber { return number.stringValue }
    }
    return item.key ?? String(index)
  }

  private func problem(_ field: String, _ reason: String) -> DataProblem {
    DataProblem(file: file, index: index, field: field, reason: reason)
  }
}
