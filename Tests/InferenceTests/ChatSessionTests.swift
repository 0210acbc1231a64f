import Foundation
import KVCache
import TestSupport
import Testing

@testable import Inference

@Suite struct ChatSessionTests {
  private let fixture: ChatFixture
  var model: LlavaModel { fixture.model }
  var image: ImageEmbedding { fixture.image }

  init() throws { fixture = try ChatFixture() }

  func chat(_ budget: BudgetRequest = .share(1), tokens: Int = 12) throws -> ChatSession {
    try fixture.chat(
      ChatOptions(
        policy: RetentionPolicies.named("prefixkv"), budget: budget,
        sampling: SamplingOptions(maximumTokens: tokens)))
  }

  func prompt() throws -> Prompt {
    try Conversation(
      template: Templates.named("vicuna_v1"), turns: [Turn("What is this?", image: .first)]
    ).prompt(model.tokenizer)
  }

  @Test func sameQuestionGivesTheSameAnswer() throws {
    let first = Listener()
    let second = Listener()
    _ = try chat().ask("What is this?", observer: first)
    _ = try chat().ask("What is this?", observer: second)
    #expect(!first.text.isEmpty)
    #expect(first.text == second.text)
  }

  @Test func followUpPrefillsOnlyWhatIsNew() throws {
    let chat = try chat()
    let first = try chat.ask("What is this?", observer: Listener())
    let seen = try #require(chat.snapshot.layers.first?.seen)
    let second = try chat.ask("And its colour?", observer: Listener())
    #expect(first.promptTokens > second.promptTokens)
    let after = try #require(chat.snapshot.layers.first?.seen)
    #expect(after <= seen + second.promptTokens + second.generatedTokens)
  }

  @Test func prefillInTurnsEqualsOnePrefill() throws {
    let prompt = try prompt()
    func session() throws -> InferenceSession {
      try model.session(
        SessionOptions(policy: RetentionPolicies.named("full"), cachePrecision: .f32))
    }
    let whole = try session().prefill(prompt, image: image).logits
    let parts = try session()
    let tail = prompt.suffix(from: 60)
    let head = Prompt(
      tokens: Array(prompt.tokens.prefix(60)), segments: Array(prompt.segments.prefix(60)))
    _ = try parts.prefill(head, image: image)
    let last = try parts.prefill(tail, image: image).logits
    expectClose(last, whole, absolute: 1e-3, "logits")
  }

  @Test func batchedDecodeEqualsDecodeOneByOne() throws {
    let prompt = try prompt()
    func session(_ share: Double) throws -> InferenceSession {
      let session = try model.session(
        SessionOptions(
          policy: RetentionPolicies.named("prefixkv"), budget: Budget(share), cachePrecision: .f32))
      _ = try session.prefill(prompt, image: image)
      return session
    }
    let shares = [1, 0.5, 0.2]
    let together = try InferenceSession.decode(
      shares.enumerated().map { (try session($1), 40 + $0) })
    let alone = try shares.enumerated().flatMap { try session($1).decode(40 + $0) }
    expectClose(together, alone, absolute: 1e-4, "logits")
  }

  @Test func regenerateRepeatsAGreedyAnswerWithoutPrefill() throws {
    let chat = try chat(.share(0.3))
    let asked = Listener()
    let first = try chat.ask("What is this?", observer: asked)
    let repeated = Listener()
    let second = try chat.regenerate(observer: repeated)
    #expect(repeated.text == asked.text)
    #expect(second.generatedTokens == first.generatedTokens)
    #expect(
      !repeated.events.contains { event in
        if case .progress(.prefill, _, _) = event { true } else { false }
      })
  }

  @Test func regenerateBeforeAQuestionIsRefused() throws {
    #expect(throws: ChatError.nothingToRegenerate) {
      try chat().regenerate(observer: Listener())
    }
  }

  @Test func stoppedPrefillLeavesTheConversationAsItWas() throws {
    let chat = try chat()
    let stopped = Listener()
    stopped.cancelDuringPrefill = true
    #expect(throws: ModelError.cancelled) { try chat.ask("Something else?", observer: stopped) }
    #expect(chat.snapshot.layers.allSatisfy { $0.seen == 0 && $0.retained == 0 })
    let after = Listener()
    let fresh = Listener()
    _ = try chat.ask("What is this?", observer: after)
    _ = try self.chat().ask("What is this?", observer: fresh)
    #expect(after.text == fresh.text)
  }

  @Test func budgetMovesBetweenTwoTokens() throws {
    let chat = try chat()
    let listener = Listener()
    listener.atToken = { token in
      if token == 4 { try chat.setBudget(.share(0.25)) }
    }
    _ = try chat.ask("What is this?", observer: listener)
    let shares = listener.snapshots.map { $0.bytesKept * 100 / $0.bytesFull }
    #expect(shares.first == 100)
    #expect(shares.last! <= 28)
    #expect(shares.last! >= 22)
  }

  @Test func shrinkAndGrowBetweenTwoTokensChangesNoAnswer() throws {
    let plain = Listener()
    _ = try chat().ask("What is this?", observer: plain)
    let chat = try chat()
    let moved = Listener()
    moved.atToken = { token in
      guard token == 3 else { return }
      let shrunk = try chat.setBudget(.share(0.1))
      let grown = try chat.setBudget(.share(1))
      #expect(shrunk.evicted > 0 && grown.restored > 0)
    }
    _ = try chat.ask("What is this?", observer: moved)
    #expect(moved.tokens >= 3)
    #expect(moved.text == plain.text)
  }

  @Test func fiveTurnsUnderFiveBudgetsKeepTheirShares() throws {
    let chat = try chat(tokens: 6)
    for (turn, share) in [1, 0.5, 0.2, 0.8, 0.4].enumerated() {
      try chat.setBudget(.share(share))
      _ = try chat.ask("Question \(turn)?", observer: Listener())
      let snapshot = chat.snapshot
      let kept = Double(snapshot.bytesKept) / Double(snapshot.bytesFull)
      // One entry a layer, and the entries every policy protects.
      #expect(abs(kept - share) < 0.04, "turn \(turn): \(kept) of \(share)")
    }
  }

  @Test func fullContextEndsTheAnswerAndLosesNothing() throws {
    let context = model.configuration.text.context
    let chat = try chat(tokens: 1000)
    // Punctuation that no piece joins: one token each.
    let filler = String(repeating: "~^", count: (context - 200) / 2)
    let statistics = try chat.ask(filler, observer: Listener())
    #expect(statistics.finish == .contextFull)
    #expect(chat.snapshot.layers.allSatisfy { $0.seen == context })
    expectRefusal(ModelError.self, says: ["positions", "trained for \(context)"]) {
      try chat.ask("More?", observer: Listener())
    }
    #expect(chat.snapshot.layers.allSatisfy { $0.seen == context })
  }

  @Test func questionWithoutRoomIsRefusedBeforeThePictureIsEncoded() throws {
    let chat = try chat()
    try chat.begin(
      pixels: ImageFile.load(path: Oracle.path("images/landscape.jpg"), reading: .asSeen))
    let listener = Listener()
    let long = String(repeating: "~^", count: model.configuration.text.context)
    #expect {
      try chat.ask(long, observer: listener)
    } throws: { error in
      guard case ModelError.contextFull? = error as? ModelError else { return false }
      return !"\(error)".contains("/")
    }
    #expect(listener.events.isEmpty)
    // The picture is encoded for the first question that fits, and only then.
    for _ in 0..<2 { _ = try chat.ask("What is this?", observer: listener) }
    let encoded = listener.events.count {
      $0 == .progress(.vision, done: 1, total: model.configuration.vision.layers)
    }
    #expect(encoded == 1)
    let answer = Listener()
    _ = try self.chat().ask("What is this?", observer: answer)
    #expect(listener.text.hasPrefix(answer.text))
  }

  @Test func seedDecidesASampledAnswer() throws {
    func sampled(_ seed: UInt64) throws -> String {
      let chat = try ChatSession(
        model: model,
        options: ChatOptions(
          policy: RetentionPolicies.named("full"),
          sampling: SamplingOptions(temperature: 1, topP: 0.9, seed: seed, maximumTokens: 12)))
      try chat.begin(image: image)
      let listener = Listener()
      _ = try chat.ask("What is this?", observer: listener)
      return listener.text
    }
    #expect(try sampled(1) == sampled(1))
    #expect(try sampled(1) != sampled(2))
  }
}
