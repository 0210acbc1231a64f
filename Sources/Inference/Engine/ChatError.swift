/// What a conversation refuses to do.
public enum ChatError: Error, Equatable, CustomStringConvertible {
  case nothingToRegenerate
  case nothingToUndo
  case noModel

  public var description: String {
    switch self {
    case .nothingToRegenerate: "There is no answer to repeat yet. Ask a question first."
    case .nothingToUndo: "There is no question to take back."
    case .noModel: "No model is loaded."
    }
  }
}
