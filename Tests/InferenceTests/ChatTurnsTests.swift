import KVCache
import TestSupport
import Testing

@testable import Inference

/// Taking turns back, answering them again, and other system sentences.
@Suite struct ChatTurnsTests {
  private func chat(
    _ model: LlavaModel, budget: Double = 1, template: String = "vicuna_v1", system: String? = nil
  ) throws -> ChatSession {
    try ChatSession(
      model: model,
      options: ChatOptions(
        policy: RetentionPolicies.named("prefixkv"), budget: .share(budget),
        template: Templates.named(template), system: system,
        sampling: SamplingOptions(maximumTokens: 6)))
  }

  private func ask(_ chat: ChatSession, _ question: String) throws -> String {
    let listener = Listener()
    _ = try chat.ask(question, observer: listener)
    return listener.text
  }

  @Test func undoLeavesTheConversationAsItWas() throws {
    let model = try EngineOracleTests.model("tiny-mha/hf")
    let chat = try chat(model)
    let first = try ask(chat, "What is this?")
    let kept = chat.snapshot
    let second = try ask(chat, "And that?")
    try chat.undo()
    #expect(chat.snapshot.layers.map(\.seen) == kept.layers.map(\.seen))
    #expect(try ask(chat, "And that?") == second)
    try chat.undo()
    try chat.undo()
    #expect(chat.snapshot.layers.allSatisfy { $0.seen == 0 })
    #expect(throws: ChatError.nothingToUndo) { try chat.undo() }
    #expect(try ask(chat, "What is this?") == first)
  }

  @Test func aNoteThatHoldsIsToldOnce() throws {
    let chat = try ChatSession(
      model: EngineOracleTests.model("tiny-mha/hf"),
      options: ChatOptions(
        policy: RetentionPolicies.named("full"), budget: .bytes(1),
        template: Templates.named("vicuna_v1"), sampling: SamplingOptions(maximumTokens: 2)))
    func notes(_ question: String) throws -> [String] {
      let listener = Listener()
      _ = try chat.ask(question, observer: listener)
      return listener.events.compactMap {
        if case .reconfigured(let report) = $0 { report.note } else { nil }
      }
    }
    let ignored = "The policy full keeps every entry, so the budget has no effect."
    #expect(try notes("What is this?") == [ignored])
    #expect(try notes("And that?") == [])
    #expect(
      try chat.news(chat.setPolicy(RetentionPolicies.named("local"))).note?.contains(
        "The least, ") == true)
    #expect(try notes("Why?") == [])
    #expect(try chat.news(chat.setPolicy(RetentionPolicies.named("full"))).note == ignored)
  }

  @Test func aComparisonTellsWhatABudgetCannotDo() throws {
    let chat = try chat(EngineOracleTests.model("tiny-mha/hf"))
    _ = try ask(chat, "What is this?")
    let listener = Listener()
    _ = try chat.compare(
      [.init(policy: "full", budget: .share(0.5)), .init(policy: "full", budget: .share(0.2))],
      observer: listener)
    #expect(
      listener.events.filter { if case .notice = $0 { true } else { false } }
        == [.notice("The policy full keeps every entry, so the budget has no effect.")])
  }

  /// Entries that were evicted meanwhile come back, or others in their place: the budget is kept.
  @Test func undoKeepsTheBudget() throws {
    let chat = try chat(EngineOracleTests.model("tiny-mha/hf"), budget: 0.5)
    _ = try ask(chat, "What is this?")
    let seen = chat.snapshot.layers.map(\.seen)
    _ = try ask(chat, "And that?")
    try chat.undo()
    let after = chat.snapshot
    #expect(after.layers.map(\.seen) == seen)
    let retained = after.layers.reduce(0) { $0 + $1.retained }
    #expect(abs(Double(retained) / Double(seen.reduce(0, +)) - 0.5) < 0.02)
  }

  @Test func anAnswerIsGivenAgainAfterALaterOneWasTakenBack() throws {
    let model = try EngineOracleTests.model("tiny-mha/hf")
    let chat = try chat(model)
    let first = try ask(chat, "What is this?")
    _ = try ask(chat, "And that?")
    try chat.undo()
    let again = Listener()
    _ = try chat.regenerate(observer: again)
    #expect(again.text == first)
  }

  @Test func aRetryChangesItsOwnAnswerAlone() throws {
    let model = try EngineOracleTests.model("tiny-mha/hf")
    let chat = try chat(model)
    let greedy = try ask(chat, "What is this?")
    let sampled = Listener()
    _ = try chat.regenerate(
      sampling: SamplingOptions(temperature: 5, seed: 1, maximumTokens: 6), observer: sampled)
    #expect(sampled.text != greedy)
    let again = Listener()
    _ = try chat.regenerate(observer: again)
    #expect(again.text == greedy)
  }

  @Test func aSystemSentenceStandsInThePromptAsText() throws {
    let tokenizer = try EngineOracleTests.model("tiny-mha/hf").tokenizer
    let template = try Templates.named("llava_v1").with(system: "Say </s> twice.")
    let prompt = Conversation(template: template, turns: [Turn("Hm?")]).prompt(tokenizer)
    #expect(!prompt.tokens.contains(.token(tokenizer.specials.end)))
    let text = Conversation(template: template, turns: [Turn("Hm?")]).text(tokenizer)
    #expect(text.hasPrefix("Say </s> twice. USER: Hm?"))
  }

  @Test func aSystemSentenceChangesTheAnswerAndBeginsAnew() throws {
    let model = try EngineOracleTests.model("tiny-mha/hf")
    let chat = try chat(model)
    _ = try ask(chat, "What is this?")
    try chat.begin(system: "Answer in one word.")
    #expect(chat.snapshot.layers.allSatisfy { $0.seen == 0 })
    let own = try ask(chat, "What is this?")
    #expect(try ask(self.chat(model, system: "Answer in one word."), "What is this?") == own)
    #expect(throws: TemplateError.noSystem(template: "hf")) {
      try self.chat(model, template: "hf", system: "Hm.")
    }
  }
}
