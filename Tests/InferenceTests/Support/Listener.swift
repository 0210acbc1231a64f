import KVCache

@testable import Inference

/// Hears everything and does something at a chosen token.
final class Listener: AnswerObserver {
  var events: [EngineEvent] = []
  var isCancelled = false
  var tokens = 0
  var atToken: (Int) -> Void = { _ in }
  var cancelDuringPrefill = false

  func betweenTokens() {
    tokens += 1
    atToken(tokens)
  }

  func receive(_ event: EngineEvent) {
    events.append(event)
    if cancelDuringPrefill, case .progress(.prefill, _, _) = event { isCancelled = true }
  }

  var text: String {
    events.reduce(into: "") { text, event in
      if case .token(let piece, _) = event { text += piece }
    }
  }

  var snapshots: [CacheSnapshot] {
    events.compactMap { event in
      if case .cache(let snapshot) = event { snapshot } else { nil }
    }
  }
}
