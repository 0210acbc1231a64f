import KVCache
import TestSupport
import Testing

@testable import Inference

/// Going on with a conversation that was held before.
@Suite struct ChatResumingTests {
  private static let questions = ["What is this?", "And that?", "Why?"]

  private func chat(_ model: LlavaModel, budget: Double = 1) throws -> ChatSession {
    try ChatSession(
      model: model,
      options: ChatOptions(
        policy: RetentionPolicies.named("prefixkv"), budget: .share(budget),
        template: Templates.named("vicuna_v1"), sampling: SamplingOptions(maximumTokens: 6)))
  }

  private func ask(_ chat: ChatSession, _ question: String) throws -> ResumedTurn {
    let listener = Listener()
    let statistics = try chat.ask(question, observer: listener)
    let condition = ResumedTurn.Condition(policy: "prefixkv", budget: chat.snapshot.budget)
    return ResumedTurn(
      question: question, answer: listener.text, tokens: statistics.tokens, first: condition,
      last: condition)
  }

  @Test func theNextGreedyAnswerIsTheSame() throws {
    let model = try EngineOracleTests.model("tiny-mha/hf")
    let held = try chat(model)
    let turns = try Self.questions.dropLast().map { try ask(held, $0) }
    let seen = held.snapshot.layers.map(\.seen)
    let next = try ask(held, Self.questions[2])

    let resumed = try chat(model)
    try resumed.resume(turns, observer: Listener())
    #expect(resumed.snapshot.layers.map(\.seen) == seen)
    #expect(try ask(resumed, Self.questions[2]).tokens == next.tokens)
    // Turns are taken back and answered again as if they had been asked here.
    try resumed.undo()
    #expect(resumed.snapshot.layers.map(\.seen) == seen)
    let again = Listener()
    _ = try resumed.regenerate(observer: again)
    #expect(again.text == turns[1].answer)
  }

  /// Every token of a resumed answer can be asked about, and is as probable as it was.
  @Test func theTokensOfResumedAnswersHavePlacesAndProbabilities() throws {
    let model = try EngineOracleTests.model("tiny-mha/hf")
    let held = try chat(model)
    var told: [[TokenChoice]] = []
    var turns: [ResumedTurn] = []
    for question in Self.questions {
      let listener = Listener()
      let statistics = try held.ask(question, observer: listener)
      told.append(
        listener.events.compactMap { if case .choice(let choice) = $0 { choice } else { nil } })
      turns.append(
        ResumedTurn(
          question: question, answer: listener.text, tokens: statistics.tokens, first: nil,
          last: nil))
    }
    let resumed = try chat(model)
    let listener = Listener()
    try resumed.resume(turns, observer: listener)
    var count = 0
    for event in listener.events {
      guard case .turnResumed(let turn, let question, let answer) = event else { continue }
      #expect(turn == count)
      count += 1
      #expect(question.map(\.text).joined().contains(Self.questions[turn]))
      #expect(answer.map(\.position) == told[turn].map(\.position))
      #expect(answer.map(\.text).joined() == turns[turn].answer)
      for choice in told[turn] {
        let again = try #require(resumed.inspected(choice.position).choice)
        #expect(again.text == choice.text)
        #expect(again.others.map(\.text) == choice.others.map(\.text))
        #expect(abs(again.probability - choice.probability) < 1e-4)
      }
    }
    #expect(count == 3)
  }

  /// What is kept may differ a little, because an answer is read at once and not token by token.
  @Test func theBudgetOfEachAnswerHolds() throws {
    let model = try EngineOracleTests.model("tiny-mha/hf")
    let held = try chat(model, budget: 0.5)
    let turns = try Self.questions.dropLast().map { try ask(held, $0) }
    let resumed = try chat(model, budget: 0.8)
    try resumed.resume(turns, observer: Listener())
    #expect(resumed.snapshot.budget == 0.8)
    try resumed.setBudget(.share(0.5))
    let (a, b) = (held.snapshot, resumed.snapshot)
    #expect(a.layers.map(\.seen) == b.layers.map(\.seen))
    #expect(abs(a.bytesKept - b.bytesKept) * 20 < a.bytesKept)
  }

  @Test func aTextDoesWhereTokensAreUnknownOrAnotherModels() throws {
    let model = try EngineOracleTests.model("tiny-mha/hf")
    let held = try chat(model)
    var turn = try ask(held, Self.questions[0])
    for tokens in [[], [1, 1, 1], [-1], [1 << 40]] {
      turn.tokens = tokens
      let resumed = try chat(model)
      try resumed.resume([turn], observer: Listener())
      #expect(try !ask(resumed, Self.questions[1]).tokens.isEmpty)
    }
  }

  @Test func whatStopsTheReadingLeavesANewConversation() throws {
    let model = try EngineOracleTests.model("tiny-mha/hf")
    let held = try chat(model)
    let turn = try ask(held, Self.questions[0])
    let resumed = try chat(model, budget: 0.7)
    let listener = Listener()
    listener.cancelDuringPrefill = true
    #expect(throws: ModelError.cancelled) { try resumed.resume([turn], observer: listener) }
    var unknown = turn
    unknown.first?.policy = "nobody"
    #expect(throws: (any Error).self) { try resumed.resume([turn, unknown], observer: Listener()) }
    #expect(resumed.snapshot.layers.allSatisfy { $0.seen == 0 })
    #expect(resumed.options.budget == .share(0.7))
    let fresh = try ask(chat(model, budget: 0.7), Self.questions[0])
    #expect(try ask(resumed, Self.questions[0]).tokens == fresh.tokens)
  }
}
