/// Who watches an answer being made.
public protocol AnswerObserver: AnyObject {
  /// Asked between two layers and two tokens; true stops.
  var isCancelled: Bool { get }
  /// Between two tokens: the moment to change budget or policy.
  func betweenTokens()
  func receive(_ event: EngineEvent)
}
