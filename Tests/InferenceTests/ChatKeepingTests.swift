import Foundation
import KVCache
import TestSupport
import Testing

@testable import Inference

/// A conversation whose entries were written to a file goes on with these very entries.
@Suite struct ChatKeepingTests {
  private static let questions = ["What is this?", "And that?", "Why?"]
  let temporary: TemporaryFolder
  private var path: String { temporary.path + "/entries" }

  init() throws { temporary = try TemporaryFolder() }

  private func chat(
    _ model: LlavaModel, _ policy: String, budget: Double, precision: CachePrecision = .f16
  ) throws -> ChatSession {
    try ChatSession(
      model: model,
      options: ChatOptions(
        policy: RetentionPolicies.named(policy), budget: .share(budget),
        template: Templates.named("vicuna_v1"), cachePrecision: precision,
        sampling: SamplingOptions(maximumTokens: 6)))
  }

  private func ask(_ chat: ChatSession, _ question: String) throws -> ResumedTurn {
    let listener = Listener()
    let statistics = try chat.ask(question, observer: listener)
    return ResumedTurn(
      question: question, answer: listener.text, tokens: statistics.tokens, first: nil, last: nil)
  }

  @Test(
    "The next logits are the same bit for bit, and so is everything after them",
    arguments: [
      ("full", 1), ("prefixkv", 0.5), ("prefixkv-merge", 0.4), ("heavy-hitter", 0.3),
      ("snapkv", 0.5), ("prefixkv-text", 0.5), ("h2o-reference", 0.6),
    ])
  func bitForBit(policy: String, budget: Double) throws {
    let model = try EngineOracleTests.model("tiny-mha/hf")
    let held = try chat(model, policy, budget: budget)
    let turns = try Self.questions.dropLast().map { try ask(held, $0) }
    let size = try held.keepEntries(in: path)
    #expect(size > 0)
    let kept = held.snapshot

    let resumed = try chat(model, policy, budget: budget)
    let listener = Listener()
    try resumed.resume(turns, entries: path, observer: listener)
    let isTold = listener.events.allSatisfy { if case .turnResumed = $0 { true } else { false } }
    #expect(isTold, "turns are told, and nothing was read")
    #expect(resumed.snapshot.layers == kept.layers && resumed.snapshot.bytesKept == kept.bytesKept)
    let expected = try held.read(Self.questions[2], observer: Listener()).logits
    let found = try resumed.read(Self.questions[2], observer: Listener()).logits
    #expect(expected.map(\.bitPattern) == found.map(\.bitPattern))
    // Evicted entries are there, too: a larger budget brings the same ones back.
    try held.setBudget(.share(1))
    try resumed.setBudget(.share(1))
    #expect(try ask(held, "And?").tokens == ask(resumed, "And?").tokens)
  }

  @Test func whatWasSaidAfterwardsIsRead() throws {
    let model = try EngineOracleTests.model("tiny-mha/hf")
    let held = try chat(model, "full", budget: 1)
    var turns = [try ask(held, Self.questions[0])]
    _ = try held.keepEntries(in: path)
    turns.append(try ask(held, Self.questions[1]))
    let resumed = try chat(model, "full", budget: 1)
    try resumed.resume(turns, entries: path, observer: Listener())
    #expect(resumed.snapshot.layers.map(\.seen) == held.snapshot.layers.map(\.seen))
    #expect(try ask(resumed, "Why?").tokens == ask(held, "Why?").tokens)
    try resumed.undo()
    try resumed.undo()
    #expect(try ask(resumed, Self.questions[1]).tokens == turns[1].tokens)
  }

  @Test func aFileThatDoesNotFitIsNotUsed() throws {
    let model = try EngineOracleTests.model("tiny-mha/hf")
    let held = try chat(model, "prefixkv", budget: 0.5)
    #expect(throws: ChatError.nothingToKeep) { try held.keepEntries(in: path) }
    let turn = try ask(held, Self.questions[0])
    _ = try held.keepEntries(in: path)
    let bytes = try Data(contentsOf: URL(filePath: path))
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)

    func notice(_ chat: ChatSession, _ turn: ResumedTurn) throws -> String? {
      let listener = Listener()
      try chat.resume([turn], entries: path, observer: listener)
      #expect(chat.snapshot.layers[0].seen > 0)
      for case .notice(let sentence) in listener.events { return sentence }
      return nil
    }
    func check(_ words: String, _ chat: ChatSession, _ turn: ResumedTurn) throws {
      let sentence = try notice(chat, turn)
      #expect(sentence?.contains(words) == true, "\(words): \(sentence ?? "nothing was said")")
    }
    var other = turn
    other.question = "What was that?"
    try check("another conversation", chat(model, "prefixkv", budget: 0.5), other)
    try check(
      "another model", chat(EngineOracleTests.model("tiny-gqa/hf"), "prefixkv", budget: 0.5), turn)
    try check(
      "another shape", chat(model, "prefixkv", budget: 0.5, precision: .f32), turn)
    for end in [10, bytes.count - 1] {
      try bytes.prefix(end).write(to: URL(filePath: path))
      try check("read anew", chat(model, "prefixkv", budget: 0.5), turn)
    }
    var damaged = bytes
    damaged[bytes.count / 2] ^= 1
    try damaged.write(to: URL(filePath: path))
    try check("digest", chat(model, "prefixkv", budget: 0.5), turn)
    try FileManager.default.removeItem(atPath: path)
    try check("read anew", chat(model, "prefixkv", budget: 0.5), turn)
  }
}
