/// The text of an answer while it grows: whole characters only, and nothing of a stop string.
package struct AnswerText {
  private var decoder: StreamingDecoder
  private let stopString: String?
  /// Text that may be the beginning of the stop string.
  private var held = ""
  package private(set) var isStopped = false

  package init(_ tokenizer: Tokenizer, stopString: String?) {
    decoder = StreamingDecoder(tokenizer)
    self.stopString = stopString
  }

  /// - Returns: the text that can be shown now; may be empty.
  package mutating func append(_ token: Int) -> String { release(decoder.append(token)) }

  /// - Returns: what was held back, once the answer has ended.
  package mutating func finish() -> String {
    let rest = release(decoder.finish())
    return isStopped ? "" : rest + held
  }

  private mutating func release(_ text: String) -> String {
    guard let stopString, !isStopped else { return isStopped ? "" : text }
    held += text
    if let stop = held.firstRange(of: stopString) {
      isStopped = true
      return String(held[..<stop.lowerBound])
    }
    var tail = min(held.count, stopString.count - 1)
    while tail > 0, !stopString.hasPrefix(held.suffix(tail)) { tail -= 1 }
    defer { held = String(held.suffix(tail)) }
    return String(held.dropLast(tail))
  }
}
