import Basics

/// What can go wrong with a cache's memory and its spill file. The cache is unchanged after each.
public enum CacheError: Error, Equatable, CustomStringConvertible {
  /// No cache can have these sizes.
  case badShape(String)
  /// The system refused this many bytes.
  case outOfMemory(bytes: Int)
  /// `operation` is "create", "write" or "read"; `reason` is in the system's words.
  case spill(operation: String, path: String, reason: String)

  public var description: String {
    switch self {
    case .badShape(let problem):
      "The cache cannot have this shape: \(problem)."
    case .outOfMemory(let bytes):
      "The system has no \(Format.bytes(bytes)) for the key/value cache. "
        + "Lower the budget or shorten the conversation."
    case .spill("read", let path, let reason):
      "Evicted cache entries could not be read back from \(path): \(reason). "
        + "A new conversation has all of its entries."
    case .spill(_, let path, let reason):
      "Evicted cache entries could not be saved in \(path): \(reason). Nothing was evicted; "
        + "free some space there, or set XDG_STATE_HOME to a folder with room."
    }
  }
}
