import Basics

/// An item of a data set that could not be used.
public struct DataProblem: Error, Sendable, Equatable, CustomStringConvertible {
  /// The data set's path.
  public var file: String
  /// Place in the file, from 0.
  public var index: Int
  /// The item's key, or "item" for the whole of it.
  public var field: String
  /// The end of a sentence, without a full stop.
  public var reason: String
  /// Whether the cause is a file that does not exist or cannot be opened.
  public var isMissingFile = false

  /// The sentence for the user.
  public var description: String {
    "\(file): item \(index), field '\(field)': \(reason)."
  }
}

/// Why a data set could not be evaluated at all.
public enum DataError: Error, Equatable, CustomStringConvertible {
  /// The file is missing or cannot be opened.
  case unreadable(file: String, reason: String)
  /// The file is a text in another encoding, or none.
  case notUTF8(file: String)
  /// The file is no list of items, or an empty one.
  case noItems(file: String)
  /// No item can be used.
  case allBad(file: String, first: DataProblem)
  /// An item cannot be used, and the evaluation is strict.
  case bad(DataProblem)
  /// The first samples were left out, and there are no others.
  case nothingSelected(file: String, skipped: Int, count: Int)
  /// No sample could be run.
  case nothingEvaluated(file: String, first: DataProblem)
  /// A running text is shorter than what is to be read and scored of it.
  case shortText(tokens: Int, needed: Int)
  /// A running text has no questions to be answered.
  case noQuestions(file: String, measure: String)

  /// The sentence for the user.
  public var description: String {
    switch self {
    case .unreadable(let file, let reason): "The data set '\(file)' cannot be read: \(reason)."
    case .notUTF8(let file):
      "The data set '\(file)' is not a text in UTF-8. Some programs write UTF-16; save it as UTF-8."
    case .noItems(let file):
      "The data set '\(file)' has no items. It is a JSON list, or one JSON object a line, of "
        + "objects with image, question and answer, or image and conversations; or MM-Vet's object "
        + "of such objects. eval ppl also takes a text file (.txt)."
    case .allBad(let file, let first):
      "No item of the data set '\(file)' can be used. The first problem: \(first)"
    case .bad(let problem): "\(problem) Without --strict such items are left out."
    case .nothingSelected(let file, let skipped, let count):
      "--skip \(skipped) leaves nothing of the data set '\(file)', which has "
        + "\(Format.counted(count, "sample"))."
    case .shortText(let tokens, let needed):
      "The text has \(tokens) tokens, fewer than the \(needed) to be read and scored. Give a longer "
        + "one, or smaller --prompt-tokens and --scored-tokens."
    case .noQuestions(let file, let measure):
      "'\(file)' is a running text, which has no questions for \(measure). eval ppl scores it."
    case .nothingEvaluated(let file, let first):
      "No sample of the data set '\(file)' could be evaluated. The first problem: \(first)"
    }
  }
}
