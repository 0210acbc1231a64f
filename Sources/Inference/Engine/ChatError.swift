/// What a conversation refuses to do.
public enum ChatError: Error, Equatable, CustomStringConvertible {
  case nothingToRegenerate
  case nothingToUndo
  case nothingToCompare
  case nothingToKeep
  case noColumn(Int, columns: Int)
  case noToken(Int, seen: Int)
  case noModel

  public var description: String {
    switch self {
    case .nothingToRegenerate: "There is no answer to repeat yet. Ask a question first."
    case .nothingToUndo: "There is no question to take back."
    case .nothingToCompare: "There is no question to compare answers to yet. Ask one first."
    case .nothingToKeep: "There are no entries to keep yet. Ask a question first."
    case .noColumn(let column, let columns):
      "There is no column \(column); the last comparison has \(columns), counted from 0."
    case .noToken(let position, let seen):
      "No token was predicted for position \(position) of \(seen); a picture's rows are not predicted."
    case .noModel: "No model is loaded."
    }
  }
}
