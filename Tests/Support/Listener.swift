import Inference
import KVCache
import Testing

/// Collects every event of an answer and does something at a chosen token.
public final class Listener: AnswerObserver {
  public private(set) var events: [EngineEvent] = []
  public private(set) var isCancelled = false
  public private(set) var tokens = 0
  /// Is given the number of tokens so far. What it throws fails the test.
  public var atToken: (Int) throws -> Void = { _ in }
  public var cancelDuringPrefill = false

  public init() {}

  /// Stops the answer.
  public func cancel() { isCancelled = true }

  public func betweenTokens() {
    tokens += 1
    do { try atToken(tokens) } catch { Issue.record(error) }
  }

  public func receive(_ event: EngineEvent) {
    events.append(event)
    if cancelDuringPrefill, case .progress(.prefill, _, _) = event { isCancelled = true }
  }

  public var text: String {
    events.reduce(into: "") { text, event in
      if case .token(let piece, _) = event { text += piece }
    }
  }

  public var snapshots: [CacheSnapshot] {
    events.compactMap { event in
      if case .cache(let snapshot) = event { snapshot } else { nil }
    }
  }
}
