/// What was recorded at the beginnings and ends of prompts, so that a conversation can go back there.
struct RetentionMarks: Sendable {
  struct Mark: Sendable {
    /// Positions seen then.
    var seen: Int
    var isPromptEnd: Bool
    var records: RetentionRecords
  }

  /// By ascending `seen`.
  private var marks: [Mark] = []

  /// A prompt begins where the one before it ended, or where its answer did.
  mutating func addBeginning(seen: Int, _ records: RetentionRecords) {
    if marks.last?.seen != seen { add(Mark(seen: seen, isPromptEnd: false, records: records)) }
  }

  mutating func addEnd(seen: Int, _ records: RetentionRecords) {
    add(Mark(seen: seen, isPromptEnd: true, records: records))
  }

  private mutating func add(_ mark: Mark) {
    marks.removeAll { $0.seen >= mark.seen }
    for index in marks.indices.dropLast() { marks[index].records.forgetQueryMoments() }
    marks.append(mark)
  }

  /// Forgets the marks behind `seen`.
  ///
  /// - Returns: the mark at `seen` itself, if there is one.
  mutating func goBack(to seen: Int) -> Mark? {
    marks.removeAll { $0.seen > seen }
    return marks.last.flatMap { $0.seen == seen ? $0 : nil }
  }
}
