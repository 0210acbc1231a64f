/// When a question comes, and what was read and compressed before it.
public enum AskingProtocol: String, Sendable, Codable, CaseIterable {
  /// Picture and question are read together, then compressed: what every policy with a query window
  /// was made for.
  case together
  /// System sentence and picture are read and compressed before the question comes.
  case askAfter = "ask-after"
  /// All questions about a picture are asked in one conversation, each behind the answer that the
  /// model gave to the one before it.
  case turns

  /// Whether a prompt is read after something was evicted, so that there is something to recall.
  public var hasLaterPrompts: Bool { self != .together }
}
