import Inference
import Basics
import Foundation

/// One question about one picture, with the answer a data set gives.
public struct EvaluationSample: Sendable, Equatable {
  /// Place in the file, from 0, bad items counted.
  public var index: Int
  /// The file's `id`, or the index.
  public var id: String
  /// Relative to the image root.
  public var image: String
  /// With exactly one `<image>`, where the data put it.
  public var question: String
  public var answer: String
  /// The file's `kind`: results are also summed up by it.
  public var kind: String?
}

/// An item that could not be used.
public struct DataProblem: Sendable, Equatable, CustomStringConvertible {
  public var file: String
  public var index: Int
  public var field: String
  public var reason: String

  public var description: String {
    "\(file): item \(index), field '\(field)': \(reason)."
  }
}

/// Why a data set could not be read at all.
public enum DataError: Error, Equatable, CustomStringConvertible {
  case unreadable(file: String, reason: String)
  case noItems(file: String)
  case allBad(file: String, first: DataProblem)
  case bad(DataProblem)

  public var description: String {
    switch self {
    case .unreadable(let file, let reason): "The data set '\(file)' can not be read: \(reason)."
    case .noItems(let file):
      "The data set '\(file)' has no items. It is a JSON list, or one JSON object a line, of "
        + "objects with image, question and answer, or image and conversations."
    case .allBad(let file, let first):
      "No item of the data set '\(file)' can be used. The first problem: \(first)"
    case .bad(let problem): "\(problem) Without --strict such items are left out."
    }
  }
}

/// A data set: `detail_1k.json`, `mm-vet.json`, a file of reference answers, or JSON lines.
public struct EvaluationData: Sendable, Equatable {
  /// Which of the reference scripts' forms an item has.
  public enum Form: String, Sendable, Codable {
    /// `image` and `conversations`: the first value asks, the second answers.
    case conversations
    /// `image`, `question` and `answer`; a question without `<image>` gets it at its end.
    case questions
  }

  public let path: String
  public let form: Form
  public let samples: [EvaluationSample]
  public let problems: [DataProblem]
  /// SHA-256 of the file.
  public let digest: String

  /// - Parameters:
  ///   - needsAnswers: Whether an item without an answer is a bad one.
  ///   - isStrict: Throw at the first bad item instead of leaving it out.
  public static func read(
    path: String, needsAnswers: Bool = true, isStrict: Bool = false
  ) throws(DataError) -> EvaluationData {
    let bytes: Data
    do {
      bytes = try Data(contentsOf: URL(fileURLWithPath: (path as NSString).expandingTildeInPath))
    } catch {
      let isThere = FileManager.default.fileExists(atPath: path)
      throw .unreadable(
        file: path, reason: isThere ? "it is a folder or not permitted" : "there is no such file")
    }
    let items = try items(in: bytes, file: path)
    guard !items.isEmpty else { throw .noItems(file: path) }
    var samples: [EvaluationSample] = []
    var problems: [DataProblem] = []
    var forms: [Form] = []
    for (index, item) in items.enumerated() {
      var reader = ItemReader(
        file: path, index: index, needsAnswer: needsAnswers, item: item)
      do {
        samples.append(try reader.sample())
        forms.append(reader.form)
      } catch {
        if isStrict { throw .bad(error) }
        problems.append(error)
      }
    }
    guard let form = forms.first else { throw .allBad(file: path, first: problems[0]) }
    return EvaluationData(
      path: path, form: form, samples: samples, problems: problems,
      digest: SHA256.digest(Array(bytes)))
  }

  /// The items of a JSON list or of JSON lines; a line that is not JSON is nil.
  private static func items(in bytes: Data, file: String) throws(DataError) -> [Any?] {
    let start = bytes.first { !" \t\r\n\u{FEFF}".utf8.contains($0) }
    if start == UInt8(ascii: "{") {
      return bytes.split(separator: UInt8(ascii: "\n"))
        .filter { line in !line.allSatisfy { " \t\r".utf8.contains($0) } }
        .map { try? JSONSerialization.jsonObject(with: $0) }
    }
    do {
      let value = try JSONSerialization.jsonObject(with: bytes, options: .fragmentsAllowed)
      guard let list = value as? [Any] else { throw DataError.noItems(file: file) }
      return list
    } catch let error as DataError {
      throw error
    } catch {
      throw .unreadable(file: file, reason: "it is neither a JSON list nor JSON lines")
    }
  }
}

/// Reads one item and says which field is wrong.
private struct ItemReader {
  let file: String
  let index: Int
  let needsAnswer: Bool
  let item: Any?
  private(set) var form = EvaluationData.Form.questions

  init(file: String, index: Int, needsAnswer: Bool, item: Any?) {
    self.file = file
    self.index = index
    self.needsAnswer = needsAnswer
    self.item = item
  }

  mutating func sample() throws(DataProblem) -> EvaluationSample {
    guard let object = item as? [String: Any] else {
      throw problem("item", item == nil ? "the line is not JSON" : "it is not an object")
    }
    form = form(of: object)
    let image = try text(object["image"], "image")
    let (question, answer) =
      switch form {
      case .conversations: try conversation(object["conversations"])
      case .questions:
        (
          try text(object["question"], "question"),
          try text(object["answer"], "answer", needsAnswer)
        )
      }
    return EvaluationSample(
      index: index, id: identifier(object["id"]), image: image,
      question: try marked(question), answer: answer, kind: object["kind"] as? String)
  }

  /// An item with the fields of both forms is taken as the reference scripts would take it: they
  /// look for `mm-vet` in the path.
  private func form(of object: [String: Any]) -> EvaluationData.Form {
    switch (object["conversations"], object["question"]) {
    case (.some, nil): .conversations
    case (.some, .some): file.contains("mm-vet") ? .questions : .conversations
    default: .questions
    }
  }

  private func conversation(_ value: Any?) throws(DataProblem) -> (String, String) {
    guard let turns = value as? [Any] else {
      throw problem("conversations", "it is missing or not a list")
    }
    guard turns.count >= 2 || (!needsAnswer && turns.count == 1) else {
      throw problem(
        "conversations", "it has \(turns.count) turns; a question and an answer are needed")
    }
    let values = turns.map { ($0 as? [String: Any])?["value"] }
    return (
      try text(values[0], "conversations[0].value"),
      try text(turns.count > 1 ? values[1] : nil, "conversations[1].value", needsAnswer)
    )
  }

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

  private func identifier(_ value: Any?) -> String {
    if let text = value as? String { return text }
    if let number = value as? NSNumber { return number.stringValue }
    return String(index)
  }

  private func problem(_ field: String, _ reason: String) -> DataProblem {
    DataProblem(file: file, index: index, field: field, reason: reason)
  }
}

extension DataProblem: Error {}
