import Inference

/// What the screen needs of an engine: a way in and a way out.
public protocol EngineConnection: Sendable {
  func post(_ command: EngineCommand)
  var events: Mailbox<EngineEvent> { get }
}
