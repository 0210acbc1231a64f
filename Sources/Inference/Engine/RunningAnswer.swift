import Foundation

/// The answer that is being generated: its tokens, its text and its speed.
struct RunningAnswer {
  private(set) var tokens: [Int] = []
  private var sampler: Sampler
  private var text: AnswerText
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant

  /// - Parameter stops: texts at which the answer ends, and which are no part of it.
  init(_ sampling: SamplingOptions, tokenizer: Tokenizer, stops: [String]) {
    sampler = Sampler(sampling)
    text = AnswerText(tokenizer, stops: stops)
    start = clock.now
  }

  /// Whether one of those texts was generated.
  var isStopped: Bool { text.isStopped }

  /// Mean over a whole answer: each of its tokens was fed to the model.
  var tokensPerSecond: Double { rate(of: tokens.count) }

  /// Mean over the answer so far. The first token does not count, because the prompt brought it; nil
  /// before the second.
  var tokensPerSecondSoFar: Double? { tokens.count > 1 ? rate(of: tokens.count - 1) : nil }

  private func rate(of count: Int) -> Double {
    Double(count) / max((clock.now - start) / .seconds(1), 1e-9)
  }

  /// The next token; it is no part of the answer yet.
  /// - Parameter logits: `[vocabulary]`
  mutating func choose(_ logits: [Float]) -> Int { sampler.next(logits) }

  /// - Returns: text that can be shown now; empty while a character is incomplete.
  mutating func append(_ token: Int) -> String {
    tokens.append(token)
    return text.append(token)
  }

  /// - Returns: what was held back, once the answer has ended.
  mutating func finish() -> String { text.finish() }

  /// Sleeps until so many tokens a second are not too fast, and lets the observer act meanwhile.
  func wait(for pace: Double, _ observer: any AnswerObserver) {
    let due = start + .seconds(Double(tokens.count) / pace)
    while !observer.isCancelled, clock.now < due {
      Thread.sleep(forTimeInterval: min(0.02, (due - clock.now) / .seconds(1)))
      observer.betweenTokens()
    }
  }
}
