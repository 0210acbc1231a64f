/// The lines beside answers that plain mode has printed: notices, errors, and a kept conversation, which
/// is read out but was not asked for.
struct PrintedAsides {
  private var lines: [Line] = []

  private struct Line: Equatable {
    let role: Message.Role
    let text: String
  }

  /// Takes note of the lines that a transcript now holds.
  ///
  /// - Returns: those that are to be printed. What `/undo` and the like take out leaves the others as
  ///   they are; from the first line on that was not there before, all are new.
  mutating func new(in transcript: [Message]) -> [Message] {
    let asides = transcript.filter { $0.wasKept || $0.role == .notice || $0.role == .error }
    let now = asides.map { Line(role: $0.role, text: $0.text) }
    var former = lines[...]
    var known = 0
    for line in now {
      guard let place = former.firstIndex(of: line) else { break }
      former = former[(place + 1)...]
      known += 1
    }
    lines = now
    return Array(asides.dropFirst(known))
  }
}
