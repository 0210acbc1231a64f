import Foundation

/// Reads one item of a data set and says which field is wrong.
struct DataItemReader {
  let file: String
  let index: Int
  let needsAnswer: Bool
  /// Whether all turns of a conversation are wanted, so that each must be one that can be used.
  var needsTurns = false
  let item: DataItem

  /// The keys that make an object an item.
  static let fields: Set = ["image", "imagename", "question", "text", "conversations", "answer"]

  func sample() throws(DataProblem) -> (EvaluationSample, EvaluationData.Form) {
    guard let object = item.value as? [String: Any] else {
      throw problem("item", item.value == nil ? "it is not JSON" : "it is not an object")
    }
    let form = form(of: object)
    let image = try text(object["image"] ?? object["imagename"], "image")
    var exchanges =
      switch form {
      case .conversations: try conversation(object["conversations"])
      // An item of JSON is never a running text.
      case .questions, .text:
        [
          EvaluationSample.Exchange(
            question: try text(object["question"] ?? object["text"], "question"),
            answer: try text(object["answer"], "answer", needsAnswer))
        ]
      }
    let first = exchanges.removeFirst()
    let sample = EvaluationSample(
      index: index, id: identifier(of: object), image: image,
      question: try marked(first.question), answer: first.answer,
      kind: object["kind"] as? String ?? object["category"] as? String, later: exchanges,
      objects: try objects(object["objects"]))
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

  /// The first turn of the human and the model's turn after it; all such pairs where all turns are
  /// wanted. Turns that do not say whom they are from are taken in their order.
  private func conversation(
    _ value: Any?
  ) throws(DataProblem) -> [EvaluationSample.Exchange] {
    guard let turns = value as? [Any] else {
      throw problem("conversations", "it is missing or not a list")
    }
    let objects = turns.map { $0 as? [String: Any] ?? [:] }
    let places = try places(objects)
    var exchanges: [EvaluationSample.Exchange] = []
    for (asked, answered) in needsTurns ? places[...] : places.prefix(1) {
      let exchange = try exchange(objects, asked: asked, answered: answered)
      if !exchanges.isEmpty, exchange.question.contains("<image>") {
        throw problem(
          "conversations[\(asked)].value", "only the first question may have an <image> mark")
      }
      exchanges.append(exchange)
    }
    return exchanges
  }

  /// Where questions and their answers are, in their order; never empty.
  private func places(
    _ turns: [[String: Any]]
  ) throws(DataProblem) -> [(asked: Int, answered: Int)] {
    guard turns.contains(where: { $0["from"] is String }) else {
      return stride(from: 0, to: max(1, turns.count), by: 2).map { ($0, $0 + 1) }
    }
    let speakers = turns.map { ($0["from"] as? String)?.lowercased() ?? "" }
    var places: [(asked: Int, answered: Int)] = []
    var next = speakers.firstIndex(where: Self.humans.contains)
    while let asked = next {
      let answered = speakers[asked...].firstIndex(where: Self.models.contains)
      guard answered != nil || !needsAnswer else {
        throw problem("conversations", "no turn from 'gpt' follows the question")
      }
      places.append((asked, answered ?? turns.count))
      guard needsTurns, let answered else { break }
      next = speakers[answered...].firstIndex(where: Self.humans.contains)
    }
    guard !places.isEmpty else { throw problem("conversations", "no turn is from 'human'") }
    return places
  }

  private static let humans: Set = ["human", "user"]
  private static let models: Set = ["gpt", "assistant", "model"]

  private func exchange(
    _ turns: [[String: Any]], asked: Int, answered: Int
  ) throws(DataProblem) -> EvaluationSample.Exchange {
    guard turns.count > (needsAnswer ? answered : asked) else {
      throw problem(
        "conversations", "it has \(turns.count) turns; a question and an answer are needed")
    }
    let answer = turns.indices.contains(answered) ? turns[answered]["value"] : nil
    return EvaluationSample.Exchange(
      question: try text(turns[asked]["value"], "conversations[\(asked)].value"),
      answer: try text(answer, "conversations[\(answered)].value", needsAnswer))
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

  private func objects(_ value: Any?) throws(DataProblem) -> [String]? {
    guard let value, !(value is NSNull) else { return nil }
    guard let names = value as? [String] else {
      throw problem("objects", "it is not a list of texts")
    }
    return names
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
