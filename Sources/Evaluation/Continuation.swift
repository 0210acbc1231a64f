import Inference
/// Continues from a prompt's end with several sequences at once, so that each step reads the
/// weights once for all of them.
///
/// Each sequence can follow a given answer, which is scored, and its own greedy answer. As long as
/// the two agree, one sequence serves both; where they differ it is forked.
struct Continuation {
  let model: LlavaModel
  /// Tokens of the answer to score; nil scores none.
  var scored: [Int]?
  /// The longest greedy answer, in tokens; nil generates none.
  var maximumTokens: Int?

  struct Outcome {
    /// Negative log-likelihoods in nats, one for each token of the scored answer. Term 0 comes from
    /// the prompt's logits; the last token is scored and not decoded.
    var terms: [Double] = []
    /// The greedy answer without the end of sequence.
    var tokens: [Int] = []
    var hasEnded = false
  }

  /// The text at which an answer ends, too, as in the reference.
  static let endMark = "</s>"

  /// - Parameters:
  ///   - promptLogits: `[sessions][vocabulary]` of the last prompt position.
  ///   - step: Called before every step of decoding; throw from it to stop.
  /// - Returns: One outcome for each session.
  func run(
    _ sessions: [InferenceSession], _ promptLogits: [[Float]], step: () throws -> Void
  ) throws -> [Outcome] {
    var outcomes = sessions.map { _ in Outcome() }
    var texts = sessions.map { _ in AnswerText(model.tokenizer, stops: [Self.endMark]) }
    var tracks = sessions.indices.map { index in
      Track(
        outcome: index, session: sessions[index], isScored: scored != nil,
        isGreedy: maximumTokens != nil)
    }
    var logits = promptLogits
    var fed = 0
    while !tracks.isEmpty {
      try step()
      var steps: [(track: Track, token: Int)] = []
      for (track, row) in zip(tracks, logits) {
        let index = track.outcome
        let given = track.isScored ? score(fed, row, &outcomes[index]) : nil
        let chosen = track.isGreedy ? choose(row, track, &outcomes[index], &texts[index]) : nil
        steps += try track.next(given: given, chosen: chosen)
      }
      tracks = steps.map(\.track)
      if !steps.isEmpty { logits = try decode(steps) }
      fed += 1
    }
    return outcomes
  }

  /// Scores the token at `index`.
  ///
  /// - Returns: The token to decode; nil after the last.
  private func score(_ index: Int, _ logits: [Float], _ outcome: inout Outcome) -> Int? {
    guard let scored, index < scored.count else { return nil }
    outcome.terms.append(
      InferenceSession.negativeLogLikelihood(of: scored[index], logits: logits))
    return index + 1 < scored.count ? scored[index] : nil
  }

  /// Appends the likeliest token to the answer.
  ///
  /// - Returns: The token to decode; nil when the answer ends with it.
  private func choose(
    _ logits: [Float], _ track: Track, _ outcome: inout Outcome, _ text: inout AnswerText
  ) -> Int? {
    let token = Sampler.argmax(logits)
    if model.tokenizer.specials.ends.contains(token) {
      outcome.hasEnded = true
      return nil
    }
    outcome.tokens.append(token)
    _ = text.append(token)
    let hasRoom = track.session.cache.seen < model.configuration.text.context
    let isLongest = outcome.tokens.count >= maximumTokens ?? 0
    return text.isStopped || isLongest || !hasRoom ? nil : token
  }

  /// `[steps][vocabulary]`
  private func decode(_ steps: [(track: Track, token: Int)]) throws -> [[Float]] {
    let logits = try InferenceSession.decode(steps.map { ($0.track.session, $0.token) })
    let width = logits.count / steps.count
    return steps.indices.map { Array(logits[($0 * width)..<(($0 + 1) * width)]) }
  }
}

/// One sequence, and its purposes: to score the given answer, to answer greedily, or both.
private struct Track {
  /// Index of the outcome it adds to.
  let outcome: Int
  var session: InferenceSession
  var isScored: Bool
  var isGreedy: Bool

  /// The tokens to decode next: one for both purposes, one for each in a sequence of its own, or
  /// none.
  func next(given: Int?, chosen: Int?) throws -> [(track: Track, token: Int)] {
    var scored = self
    var greedy = self
    (scored.isScored, scored.isGreedy) = (true, false)
    (greedy.isScored, greedy.isGreedy) = (false, true)
    switch (given, chosen) {
    case (let given?, let chosen?) where given == chosen: return [(self, given)]
    case (let given?, let chosen?):
      greedy.session = try session.fork()
      return [(scored, given), (greedy, chosen)]
    case (let given?, nil): return [(scored, given)]
    case (nil, let chosen?): return [(greedy, chosen)]
    case (nil, nil): return []
    }
  }
}
