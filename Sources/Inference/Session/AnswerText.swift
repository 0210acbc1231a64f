/// The text of an answer while it grows: whole characters only, without the stop text that ends it.
package struct AnswerText {
  private var decoder: StreamingDecoder
  private let stops: [String]
  /// Text that is held back because it may be the beginning of a stop text.
  private var held = ""
  package private(set) var isStopped = false

  /// - Parameter stops: texts that end the answer and are no part of it.
  package init(_ tokenizer: Tokenizer, stops: [String]) {
    decoder = StreamingDecoder(tokenizer)
    self.stops = stops.filter { !$0.isEmpty }
  }

  /// - Returns: the text that can be shown now; may be empty.
  package mutating func append(_ token: Int) -> String { release(decoder.append(token)) }

  /// - Returns: what was held back, once the answer has ended.
  package mutating func finish() -> String {
    let rest = release(decoder.finish())
    return isStopped ? "" : rest + held
  }

  private mutating func release(_ text: String) -> String {
    guard !isStopped else { return "" }
    held += text
    if let stop = stops.compactMap({ held.firstRange(of: $0)?.lowerBound }).min() {
      isStopped = true
      return String(held[..<stop])
    }
    let tail = stops.map(tail).max() ?? 0
    defer { held = String(held.suffix(tail)) }
    return String(held.dropLast(tail))
  }

  /// Characters at the end of `held` that may be the beginning of `stop`.
  private func tail(of stop: String) -> Int {
    var tail = min(held.count, stop.count - 1)
    while tail > 0, !stop.hasPrefix(held.suffix(tail)) { tail -= 1 }
    return tail
  }
}
