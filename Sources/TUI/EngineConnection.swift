import Inference

/// What the screen needs of an engine: a way in and a way out.
public protocol EngineConnection: Sendable {
  /// Hands a command over and returns at once.
  func post(_ command: EngineCommand)
  /// What happened in the engine, in order.
  var events: Mailbox<EngineEvent> { get }
}
