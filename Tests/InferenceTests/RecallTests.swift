import KVCache
import TestSupport
import Testing

@testable import Inference

/// Later prompts attend to what was evicted before them.
@Suite struct RecallTests {
  let model: LlavaModel

  init() throws { model = try EngineOracleTests.model("tiny-gqa/hf") }

  /// Tokens without meaning.
  private func prompt(_ count: Int, _ segment: Segment, from first: Int) -> Prompt {
    Prompt(
      tokens: (0..<count).map { .token(3 + ($0 + first) * 7 % 200) },
      segments: Array(repeating: segment, count: count))
  }

  /// A conversation after its first answer, of 300 positions and ten.
  private func begun(
    _ policy: String, _ budget: Double, precision: CachePrecision = .f32, recalls: Bool = true
  ) throws -> InferenceSession {
    var options = SessionOptions(
      policy: try RetentionPolicies.named(policy), budget: try Budget(budget),
      cachePrecision: precision, spills: true)
    options.recalls = recalls
    let session = try model.session(options)
    _ = try session.prefill(prompt(300, .system, from: 0), image: nil)
    for token in 10..<20 { _ = try session.decode(token) }
    return session
  }

  /// The same conversation with every entry in memory.
  private func grown(_ session: InferenceSession) throws -> InferenceSession {
    let grown = try session.fork()
    _ = try grown.set(budget: .share(1))
    #expect(grown.cache.bytesSpilled == 0, "everything came back")
    return grown
  }

  private func kept(_ session: InferenceSession) -> [[Int32]] {
    (0..<session.cache.shape.layers).map(session.cache.positions)
  }

  /// Whatever was evicted: logits, and what the policy keeps afterwards. The second prompt is of one
  /// chunk, or of two.
  @Test(arguments: RetentionPolicies.all.map(\.name), [40, 1100])
  func aLaterPromptIsReadAsIfNothingHadBeenEvicted(policy: String, count: Int) throws {
    let session = try begun(policy, 0.2)
    let whole = try grown(session)
    let question = prompt(count, .user, from: 7)
    let expected = try whole.prefill(question, image: nil)
    #expect(expected.recall == nil, "nothing had to be recalled")
    _ = try whole.set(budget: .share(0.2))
    let recalled = try session.prefill(question, image: nil)
    expectClose(recalled.logits, expected.logits, absolute: 1e-3, policy)
    #expect((recalled.recall == nil) == (policy == "full"))
    #expect(kept(session) == kept(whole), "\(policy) keeps what it would have kept")
    #expect(session.retention.recorded == whole.retention.recorded)
  }

  @Test(arguments: [0.02, 0.1, 0.5, 0.9])
  func anyBudgetGivesTheSameLogits(budget: Double) throws {
    let session = try begun("prefixkv", budget)
    let question = prompt(25, .user, from: 3)
    let expected = try grown(session).prefill(question, image: nil)
    expectClose(
      try session.prefill(question, image: nil).logits, expected.logits, absolute: 1e-3,
      "\(budget)")
  }

  @Test(arguments: CachePrecision.allCases.filter { $0.blockSize == 1 })
  func withoutRecallEvictedEntriesAreNotSeen(precision: CachePrecision) throws {
    let session = try begun("prefixkv", 0.05, precision: precision, recalls: false)
    let question = prompt(25, .user, from: 3)
    let expected = try grown(session).prefill(question, image: nil)
    let read = try session.prefill(question, image: nil)
    #expect(read.recall == nil)
    #expect(zip(read.logits, expected.logits).contains { abs($0 - $1) > 1e-3 })
  }

  /// The importance is that of the second prompt alone, and evicted positions have some of it.
  @Test func whatStaysIsChosenByTheLatestQuestion() throws {
    let session = try begun("prefixkv", 0.1)
    let evicted = (0..<300).filter { !session.cache.positions(1).contains(Int32($0)) }
    #expect(evicted.count > 200)
    _ = try session.prefill(prompt(40, .user, from: 7), image: nil)
    let importance = session.retention.importance.rows
    for row in importance { #expect(abs(row.reduce(0, +) - 40) < 1e-2, "each row adds up to 1") }
    #expect(evicted.allSatisfy { importance[1][$0] > 0 })
    #expect(evicted.contains { session.cache.positions(1).contains(Int32($0)) })

    let off = try begun("prefixkv", 0.1, recalls: false)
    _ = try off.prefill(prompt(40, .user, from: 7), image: nil)
    #expect(off.retention.importance.rows[1].reduce(0, +) > 300)
  }

  /// At no moment is there more in memory than what the budget keeps, the new rows and one layer.
  @Test(arguments: [0.02, 0.2, 0.6])
  func onlyOneLayerIsWholeAtATime(budget: Double) throws {
    let session = try begun("prefixkv", budget)
    let cache = session.cache
    let entry = cache.shape.bytesPerEntry
    let (kept, away) = (cache.bytesKept, cache.bytesSpilled)
    let count = 40
    let report = try #require(
      try session.prefill(prompt(count, .user, from: 7), image: nil).recall)
    #expect(report.bytes == away && report.entries == away / entry)
    let rows = count * cache.shape.layers * entry
    let layer = (310 + count) * entry
    // A selection has an entry in 32 to spare, and memory is mapped in whole pages.
    let spare = (kept + layer) / 32 + (cache.shape.layers + 1) * (4096 + entry)
    #expect(report.peakBytes <= kept + rows + layer + spare)
    #expect(report.peakBytes >= kept + rows + layer)
    #expect(cache.bytesResident < report.peakBytes)
  }

  /// Stopped in the middle of a layer's turn, the conversation is what it was before.
  @Test func stoppingLeavesEverythingAsItWas() throws {
    let session = try begun("prefixkv", 0.2)
    let before = session.retention.importance
    let seen = session.cache.seen
    let question = prompt(30, .user, from: 7)
    #expect(throws: ModelError.cancelled) {
      _ = try session.prefill(question, image: nil) { done, _ in
        if done > 0 { throw ModelError.cancelled }
      }
    }
    #expect(session.cache.seen == seen)
    #expect(session.retention.importance == before)
    let expected = try grown(session).prefill(question, image: nil)
    expectClose(
      try session.prefill(question, image: nil).logits, expected.logits, absolute: 1e-3, "later")
  }

  @Test func aChatRecallsFromItsSecondQuestionOnUnlessItIsToldNotTo() throws {
    let fixture = try ChatFixture()
    let chat = try fixture.chat(
      ChatOptions(
        policy: RetentionPolicies.named("prefixkv"), budget: .share(0.2),
        sampling: SamplingOptions(maximumTokens: 6)))
    let first = try chat.ask("What is this?", observer: Listener())
    #expect(first.recall == nil, "nothing was evicted before the first question")
    let second = try chat.ask("And that?", observer: Listener())
    #expect(try #require(second.recall).entries > 0)
    #expect(try chat.regenerate(observer: Listener()).recall == nil, "nothing is read again")
    chat.setRecall(false)
    #expect(try chat.ask("And now?", observer: Listener()).recall == nil)
    chat.setRecall(true)
    try chat.clear()
    _ = try chat.ask("What is this?", observer: Listener())
    #expect(try chat.ask("And that?", observer: Listener()).recall != nil)
  }
}
