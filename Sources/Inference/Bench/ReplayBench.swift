import Basics

extension ModelBench {
  /// Writes given texts as if the model had answered with them, because random weights answer nothing:
  /// one token at a time, and looking ahead. What is guessed follows from the texts; whether a guess was
  /// right is decided by them and not by the model, which computes every pass in full.
  ///
  /// - Parameter depth: positions in front of each text.
  func measureReplay(_ text: String, looksAhead: Bool, depth: Int) throws {
    let tokenizer = try replayTokenizer()
    let answers = text.split(whereSeparator: \.isNewline).map { tokenizer.encode(String($0)) }
      .filter { !$0.isEmpty }
    let count = answers.reduce(0) { $0 + $1.count }
    guard count > 0 else { return }
    let setting =
      "depth \(depth), \(Format.counted(answers.count, "answer")), \(Format.counted(count, "token"))"
    note("a text of \(count) tokens")
    let start = try session(depth: depth)
    let seconds = try measure(answers) { answer in
      let session = try start.fork()
      return { _ = try session.decode($0) }
    }
    add("replay", setting, Double(count) / seconds, "tok/s")
    guard looksAhead else { return }
    var pace = LookAheadPace()
    var report = LookAheadReport()
    let ahead = try measure(answers) { answer in
      let session = try start.fork()
      let ahead = LookAhead(after: [], pace: pace)
      var room = answer.count
      return { token in
        room -= 1
        _ = try ahead.decode(token, in: session, isWatched: false, room: room)
        guard room == 0 else { return }
        pace = ahead.end()
        report.add(ahead.report)
      }
    }
    add(
      "replay",
      "ahead: \(report.passes) passes, \(report.accepted) of \(report.guessed) guesses right",
      Double(count) / ahead, "tok/s")
  }

  /// Seconds of decoding all answers.
  ///
  /// - Parameter begin: makes what decodes one answer's tokens, which does not count.
  private func measure(
    _ answers: [[Int]], _ begin: ([Int]) throws -> (_ token: Int) throws -> Void
  ) throws -> Double {
    let clock = ContinuousClock()
    return try answers.reduce(0) { sum, answer in
      let decode = try begin(answer)
      return try sum + clock.measure { for token in answer { try decode(token) } } / .seconds(1)
    }
  }

  /// A synthetic model's tokens are bytes, which repeat where words do not: the bundled model's stand for
  /// them.
  private func replayTokenizer() throws -> Tokenizer {
    guard model.checkpoint.layout == SyntheticCheckpoint.layout else { return model.tokenizer }
    return try WeightFormats.open(ModelLocator.resolve(nil)).tokenizer
  }
}

extension LookAheadReport {
  fileprivate mutating func add(_ other: LookAheadReport) {
    passes += other.passes
    guessed += other.guessed
    accepted += other.accepted
  }
}
