/// One entry of the transcript.
struct Message: Sendable, Equatable {
  enum Role: Sendable, Equatable {
    /// A question, an answer, a sentence of the program, an error.
    case user, model, notice, error
  }

  var role: Role
  var text: String
  /// A line of numbers below an answer; nil while it is being streamed.
  var footnote: String?
  /// The question waits in the queue and is not yet posted.
  var isQueued = false
}

/// Where the chat panel looks.
enum ScrollPosition: Sendable, Equatable {
  /// At the newest row, also when more arrives.
  case following
  /// The row that holds this UTF-8 offset of this message is the top row. Survives a resize.
  case anchored(message: Int, offset: Int)
}
