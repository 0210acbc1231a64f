import Basics

/// The status line's sentence.
struct Status: Sendable, Equatable {
  enum Kind: Sendable { case plain, good, warning, error }
  var text: String
  var kind: Kind

  static let answering = Status(text: "answering; Ctrl+C stops it", kind: .plain)
  /// Ctrl+C has stopped what ran.
  static let stopped = Status(text: "stopped; Ctrl+C again leaves", kind: .warning)
}

extension AppState {
  /// Why something has to wait for what runs.
  static let isAtWork = "The engine is at work. Ctrl+C stops it."

  /// Tells the outcome of a command: in the status line, and in plain mode as a line of its own.
  mutating func acknowledge(_ sentence: String, _ kind: Status.Kind = .plain) {
    if options.isPlain { insertAside(Message(role: .notice, text: sentence)) }
    status = Status(text: sentence, kind: kind)
  }

  /// Adds a sentence to the transcript and shows it in the status line.
  mutating func notice(_ sentence: String) {
    insertAside(Message(role: .notice, text: sentence))
    status = Status(text: sentence, kind: .plain)
  }

  /// The same for an answer of a comparison.
  mutating func tell(compared answer: String) {
    insertAside(Message(role: .notice, text: answer, isCompared: true))
  }

  /// Adds an error to the transcript and shows it in the status line.
  ///
  /// - Parameter status: what a piped chat ends with because of it, since what follows in the script
  ///   may depend on what failed; nil where the conversation is as it should be all the same.
  mutating func report(error sentence: String, _ status: ExitStatus?) {
    failure = failure ?? status
    insertAside(Message(role: .error, text: sentence))
    self.status = Status(text: sentence, kind: .error)
  }

  /// `report`, for a command that has nothing else to do.
  mutating func refuse(_ sentence: String, _ status: ExitStatus = .usage) -> [AppEffect] {
    report(error: sentence, status)
    return []
  }

  /// A sentence that arrives while an answer streams goes above it, so that the answer stays whole.
  private mutating func insertAside(_ message: Message) {
    transcript.insert(message, at: runningAnswer ?? nextPlace)
  }

  /// An error stands in the status line until the user does something; the transcript keeps it.
  mutating func forgetOldError() {
    if status.kind == .error { status = idleStatus }
  }

  /// What the status line says when there is nothing to tell.
  var idleStatus: Status {
    if isAnswering { return .answering }
    return model == nil
      ? Status(text: "no model is loaded", kind: .plain) : Status(text: "ready", kind: .good)
  }
}
