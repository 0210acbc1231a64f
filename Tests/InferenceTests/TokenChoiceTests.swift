import Foundation
import KVCache
import TestSupport
import Testing

@testable import Inference

/// How probable tokens were, and what else was.
@Suite struct TokenChoiceTests {
  @Test func theLargestComeInOrderAndTheFirstOfEquals() {
    #expect(TokenChoice.largest(3, of: [1, 5, 2, 5, 4]) == [1, 3, 4])
    #expect(TokenChoice.largest(4, of: [.nan, 2, -.infinity]) == [1, 2])
    #expect(TokenChoice.largest(2, of: []).isEmpty)
    let many = (0..<1000).map { Float(($0 * 7919) % 1000) }
    let best = TokenChoice.largest(6, of: many)
    #expect(best.map { many[$0] } == [999, 998, 997, 996, 995, 994])
  }

  @Test func probabilitiesAreASoftmaxAtATemperatureOfOne() throws {
    let model = try EngineOracleTests.model("tiny-mha/hf")
    var logits = [Float](repeating: 0, count: 640)
    logits[300] = 3
    logits[301] = 2
    let choice = TokenChoice(
      position: 7, token: 301, logits: logits, tokenizer: model.tokenizer)
    let sum = 638 + exp(3.0) + exp(2.0)
    #expect(abs(choice.probability - exp(2.0) / sum) < 1e-6)
    #expect(abs(choice.others[0].probability - exp(3.0) / sum) < 1e-6)
    #expect(choice.others.count == TokenChoice.alternatives)
    #expect(choice.position == 7)
  }

  /// A greedy answer takes the most probable token, and its tokens follow each other.
  @Test func everyTokenOfAnAnswerIsTold() throws {
    let fixture = try ChatFixture()
    let chat = try fixture.chat(
      ChatOptions(
        policy: RetentionPolicies.named("prefixkv"), budget: .share(0.3),
        sampling: SamplingOptions(maximumTokens: 12)))
    let listener = Listener()
    let statistics = try chat.ask("What is this?", observer: listener)
    let choices = listener.events.compactMap { event in
      if case .choice(let choice) = event { choice } else { nil }
    }
    #expect(choices.count == statistics.generatedTokens && choices.count > 4)
    let first = try #require(choices.first).position
    #expect(choices.map(\.position) == Array(first..<first + choices.count))
    for choice in choices {
      #expect(choice.others.allSatisfy { $0.probability <= choice.probability })
      let told = choice.probability + choice.others.reduce(0) { $0 + $1.probability }
      #expect(told <= 1 + 1e-6 && choice.others.count == 5)
    }
  }

  @Test func aQuestionsWordsHaveTheirPositions() throws {
    let fixture = try ChatFixture()
    let chat = try fixture.chat(
      ChatOptions(
        policy: RetentionPolicies.named("full"), sampling: SamplingOptions(maximumTokens: 2)))
    for question in ["What is this?", "And its colour?"] {
      let listener = Listener()
      _ = try chat.ask(question, observer: listener)
      let words = listener.events.compactMap { event in
        if case .promptRead(let words) = event { words } else { nil }
      }.flatMap(\.self)
      #expect(words.map(\.text).joined().contains(question))
      let segments = chat.session.cache.segments
      for word in words { #expect(segments[word.position] != .image) }
      let spoken = words.filter { segments[$0.position] == .user }.map(\.text).joined()
      #expect(spoken.contains(question))
    }
  }
}
