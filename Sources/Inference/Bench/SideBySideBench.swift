import Basics
import KVCache

extension ModelBench {
  /// What it costs to see what compression does: a full-cache twin beside an answer, and budgets side by
  /// side. Each is measured in turns with what it is compared to, because a shared host is not the same
  /// from one minute to the next.
  func measureSideBySide(depth: Int) throws {
    let base = try session(depth: depth)
    try measureTwin(beside: base)
    try measureComparison(from: base)
  }

  // MARK: The twin

  /// Kept share of the answer that the twin scores.
  private static let scoredShare = 0.2
  /// Tokens of a turn, which ends as an answer does: what the twin has not scored yet takes a pass of its own.
  private static let turnTokens = 40
  private static let turns = 3

  private func measureTwin(beside base: InferenceSession) throws {
    let depth = base.cache.seen
    let setting = "depth \(depth), budget \(Format.percent(Self.scoredShare))"
    let held = try base.fork(policy: base.retention.policy, budget: .share(Self.scoredShare))
    let (kept, full) = (held.cache.bytesKept, held.cache.bytesFull)
    let probe = try BandwidthProbe()
    for together in [1, FullCacheTwin.feeding(on: model).tokens] {
      let name = "fed \(Format.counted(together, "token")) at a time"
      note("decode beside a twin \(name)")
      var turns: [(alone: Double, beside: Double, bandwidth: Double)] = []
      for _ in 0..<Self.turns {
        let before = probe.read(pool: model.pool)
        let alone = try decodeSeconds(held.fork(), beside: nil)
        let middle = probe.read(pool: model.pool)
        let twin = try FullCacheTwin(
          of: held, promptLogits: someLogits, approximateFrom: nil, together: together)
        let beside = try decodeSeconds(held.fork(), beside: twin)
        let after = probe.read(pool: model.pool)
        turns.append((alone, beside, (before + 2 * middle + after) / 4))
      }
      let rate = { (seconds: Double) in Double(Self.turnTokens) / seconds }
      let bandwidth = turns.map(\.bandwidth).median
      add(
        "twin", "\(setting), without one", rate(turns.map(\.alone).median), "tok/s",
        bound: bandwidth / Double(decodeBytes + kept), "read bandwidth")
      add(
        "twin", "\(setting), \(name)", rate(turns.map(\.beside).median), "tok/s",
        bound: bandwidth / Double(decodeBytes + kept + full / together), "read bandwidth")
      add(
        "twin", "\(name), slows the answer down by",
        100 * turns.map { 1 - $0.alone / $0.beside }.median, "%")
    }
  }

  private func decodeSeconds(
    _ session: InferenceSession, beside twin: FullCacheTwin?
  ) throws -> Double {
    var logits = someLogits
    return try ContinuousClock().measure {
      for _ in 0..<Self.turnTokens {
        if let twin {
          _ = twin.score(logits, at: session.cache.seen)
          logits = try twin.decode(5, beside: session, isWatched: false, isDue: false).logits
        } else {
          logits = try session.decode(5)
        }
      }
      _ = try twin?.rest()
    } / .seconds(1)
  }

  /// As many as there are tokens; their values do not matter.
  private var someLogits: [Float] {
    [Float](repeating: 0, count: model.configuration.text.vocabulary)
  }

  // MARK: A comparison

  private static let comparedShares = [1, 0.5, 0.3, 0.2, 0.1]
  /// Tokens of each answer, and of a turn.
  private static let (answerTokens, answerTurn) = (64, 8)

  /// Answers at five budgets, decoded together and one after the other.
  private func measureComparison(from base: InferenceSession) throws {
    let shares = Self.comparedShares
    let setting = "\(shares.count) budgets at depth \(base.cache.seen)"
    note("answers of \(Self.answerTokens) tokens at \(shares.count) budgets")
    func forks() throws -> [InferenceSession] {
      try shares.map { try base.fork(policy: base.retention.policy, budget: .share($0)) }
    }
    let (joined, single) = (try forks(), try forks())
    let kept = joined.reduce(0) { $0 + $1.cache.bytesKept }
    let clock = ContinuousClock()
    let probe = try BandwidthProbe()
    var (together, after, bandwidths) = (Duration.zero, Duration.zero, [Double]())
    for _ in 0..<Self.answerTokens / Self.answerTurn {
      bandwidths.append(probe.read(pool: model.pool))
      together += try clock.measure {
        for _ in 0..<Self.answerTurn { _ = try InferenceSession.decode(joined.map { ($0, 5) }) }
      }
      bandwidths.append(probe.read(pool: model.pool))
      after += try clock.measure {
        for session in single { for _ in 0..<Self.answerTurn { _ = try session.decode(5) } }
      }
    }
    let scoring = try clock.measure {
      for _ in shares {
        let full = try base.fork(policy: RetentionPolicies.named("full"), budget: .share(1))
        let answer = [Int](repeating: 5, count: Self.answerTokens - 1)
        _ = try InferenceSession.feed([(full, answer)])
      }
    }
    let tokens = Double(shares.count * Self.answerTokens)
    let (sooner, later) = (together / .seconds(1), after / .seconds(1))
    let bandwidth = bandwidths.median
    let count = Double(shares.count)
    add(
      "compare", setting + ", together", tokens / sooner, "tok/s",
      bound: count * bandwidth / Double(decodeBytes + kept), "read bandwidth")
    add(
      "compare", setting + ", one by one", tokens / later, "tok/s",
      bound: count * bandwidth / Double(shares.count * decodeBytes + kept), "read bandwidth")
    add("compare", "together, times faster", later / sooner, "x")
    add(
      "compare", "the same, and scored", later / (sooner + scoring / .seconds(1)), "x")
  }
}
