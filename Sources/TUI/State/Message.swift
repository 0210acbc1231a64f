/// One entry of the transcript.
struct Message: Sendable, Equatable {
  enum Role: Sendable, Equatable {
    case user, model, notice, error
  }

  var role: Role
  var text: String
  /// A line of numbers below an answer.
  var footnote: String?
  /// Asked while an answer was running, and not yet posted.
  var isQueued = false
}

/// Where the chat panel looks.
enum ScrollPosition: Sendable, Equatable {
  /// At the newest row, also when more arrives.
  case following
  /// The row that holds this UTF-8 offset of this message is the top row. Survives a resize.
  case anchored(message: Int, offset: Int)
}
