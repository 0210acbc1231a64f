import Foundation
import KVCache
import TestSupport
import Testing

@testable import Inference

/// The twin that scores an answer while it is written.
@Suite struct FullCacheTwinTests {
  private let fixture: ChatFixture
  var model: LlavaModel { fixture.model }
  var image: ImageEmbedding { fixture.image }

  init() throws { fixture = try ChatFixture() }

  private func chat(_ budget: Double, hasTwin: Bool = true) throws -> ChatSession {
    var options = ChatOptions(
      policy: try RetentionPolicies.named("prefixkv"), budget: .share(budget),
      sampling: SamplingOptions(maximumTokens: 16))
    options.hasTwin = hasTwin
    return try fixture.chat(options)
  }

  private static func qualities(_ listener: Listener) -> [TokenQuality] {
    listener.events.compactMap { if case .quality(let quality) = $0 { quality } else { nil } }
  }

  @Test func theTwinChangesNoAnswer() throws {
    let (with, without) = (Listener(), Listener())
    _ = try chat(0.2).ask("What is this?", observer: with)
    _ = try chat(0.2, hasTwin: false).ask("What is this?", observer: without)
    #expect(with.text == without.text)
    #expect(!Self.qualities(with).isEmpty)
    #expect(Self.qualities(without).isEmpty)
  }

  @Test func aFullCacheIsItsOwnTwin() throws {
    let listener = Listener()
    let statistics = try chat(1).ask("What is this?", observer: listener)
    let qualities = Self.qualities(listener)
    #expect(qualities.count == statistics.generatedTokens)
    for quality in qualities {
      // Both caches hold the same bytes; tile registers round the twin's products otherwise.
      #expect(quality.divergence < 1e-6)
      #expect(quality.other == nil)
      #expect(quality.approximateFrom == nil)
    }
  }

  /// In the first turn it is what comparing says of the same answer.
  @Test func theFirstTurnIsExact() throws {
    let listener = Listener()
    _ = try chat(0.1).ask("What is this?", observer: listener)
    let qualities = Self.qualities(listener)
    let column = ComparisonColumn(policy: "prefixkv", budget: .share(0.1))
    let chat = try chat(1, hasTwin: false)
    let answers = try chat.ask("What is this?", comparing: [column], observer: Listener())
    let compared = try #require(answers.first)
    #expect(compared.text == listener.text)
    let agreement = try #require(compared.agreement)
    // The comparison also scores what ended the answer; at the token limit that is nothing.
    #expect(compared.finish == .maximumTokens)
    let mean = qualities.reduce(0) { $0 + $1.divergence } / Double(qualities.count)
    #expect(abs(mean - agreement.meanKL) < 1e-3 * max(mean, 1e-3), "\(mean), \(agreement.meanKL)")
    let share = Double(qualities.count { $0.other == nil }) / Double(qualities.count)
    #expect(abs(share - agreement.share) < 1e-9)
    #expect(qualities.contains { $0.divergence > 0 })
  }

  @Test func laterTurnsSayFromWhereTheyAreApproximate() throws {
    for (budget, isExact) in [(0.2, false), (1, true)] {
      let chat = try chat(budget)
      _ = try chat.ask("What is this?", observer: Listener())
      let seen = chat.cached.count
      let second = Listener()
      _ = try chat.ask("And its colour?", observer: second)
      let first = try #require(Self.qualities(second).first)
      #expect((first.approximateFrom == nil) == isExact)
      if let position = first.approximateFrom {
        #expect(position > 0 && position < seen + image.count)
      }
    }
  }

  @Test func theTwinsMemoryIsItsOwn() throws {
    let listener = Listener()
    let chat = try chat(0.2)
    _ = try chat.ask("What is this?", observer: listener)
    let twin = try #require(Self.qualities(listener).last).twinBytes
    let snapshot = try #require(listener.snapshots.last)
    #expect(twin > 4 * snapshot.bytesKept)
    #expect(snapshot.bytesKept < snapshot.bytesFull / 4)
  }

  // MARK: Several tokens in a pass

  /// What a twin that is fed so many tokens in a pass makes of an answer in whose middle the budget
  /// moves, and the events of the answer.
  private func moving(_ change: (inout ChatOptions) -> Void = { _ in }) throws -> Listener {
    var options = ChatOptions(
      policy: try RetentionPolicies.named("prefixkv"), budget: .share(0.4),
      sampling: SamplingOptions(maximumTokens: 24))
    options.hasTwin = true
    change(&options)
    let chat = try fixture.chat(options)
    let listener = Listener()
    listener.atToken = { token in
      if token == 7 { try chat.setBudget(.share(0.1)) }
      if token == 16 { try chat.setPolicy(RetentionPolicies.named("local")) }
    }
    _ = try chat.ask("What is this?", observer: listener)
    return listener
  }

  private func expectEqual(_ several: [TokenQuality], _ single: [TokenQuality]) {
    #expect(several.map(\.position) == single.map(\.position))
    #expect(several.map(\.other) == single.map(\.other))
    for (one, other) in zip(several, single) {
      // Several tokens may be multiplied in tile registers, which round otherwise.
      let tolerance = 1e-3 * max(other.divergence, 1e-2)
      #expect(
        abs(one.divergence - other.divergence) < tolerance,
        "position \(one.position): \(one.divergence), \(other.divergence)")
    }
  }

  /// A paced answer, and one whose tokens somebody looks at, are scored token by token.
  @Test func severalTokensInAPassScoreAsOneDoes() throws {
    let several = try moving()
    let single = try moving { $0.recordsAttention = true }
    let paced = try moving { $0.pace = 10_000 }
    #expect(several.text == single.text)
    let qualities = Self.qualities(single)
    #expect(qualities.count == 24 && qualities.contains { $0.divergence > 0.01 })
    #expect(qualities.contains { $0.other != nil })
    expectEqual(Self.qualities(several), qualities)
    expectEqual(Self.qualities(paced), qualities)
    for listener in [several, single, paced] {
      let scored = Self.qualities(listener).map(\.position)
      let chosen = listener.events.compactMap { event in
        if case .choice(let choice) = event { choice.position } else { nil }
      }
      #expect(scored == chosen, "every token once and in order")
    }
  }

  /// How many tokens are not scored yet, after each token.
  private static func lags(_ listener: Listener) -> [Int] {
    var (lag, lags) = (0, [Int]())
    for event in listener.events {
      switch event {
      case .token:
        lags.append(lag)
        lag += 1
      case .quality: lag -= 1
      default: break
      }
    }
    return lags + [lag]
  }

  @Test func itLagsBehindAndCatchesUpAtABudgetChangeAndAtTheEnd() throws {
    let several = Self.lags(try moving())
    // The seventh and the sixteenth token are fed after a change, and the next one is scored at once.
    #expect(several[7] > 0 && several[8] == 0)
    #expect(several[16] > 0 && several[17] == 0)
    #expect(several.last == 0)
    #expect(Self.lags(try moving { $0.recordsAttention = true }).allSatisfy { $0 == 0 })
  }

  @Test func itLagsBehindByAPassAtMost() throws {
    var options = ChatOptions(
      policy: try RetentionPolicies.named("prefixkv"), budget: .share(0.2),
      sampling: SamplingOptions(maximumTokens: 40))
    options.hasTwin = true
    let listener = Listener()
    _ = try fixture.chat(options).ask("What is this?", observer: listener)
    let lags = Self.lags(listener)
    #expect(lags.max() == FullCacheTwin.feeding(on: model).tokens - 1)
    #expect(lags.last == 0)
  }

  @Test func aStoppedAnswerIsScoredToItsLastTokenAndSoIsTheNext() throws {
    for stop in [1, 3, 8] {
      var options = ChatOptions(
        policy: try RetentionPolicies.named("prefixkv"), budget: .share(0.2),
        sampling: SamplingOptions(maximumTokens: 12))
      options.hasTwin = true
      let chat = try fixture.chat(options)
      let stopped = Listener()
      stopped.atToken = { [unowned stopped] in if $0 == stop { stopped.cancel() } }
      let statistics = try chat.ask("What is this?", observer: stopped)
      #expect(statistics.finish == .cancelled && statistics.generatedTokens == stop)
      #expect(Self.qualities(stopped).count == stop)
      // Greedy answers are the same again.
      let again = Listener()
      _ = try chat.regenerate(observer: again)
      #expect(Self.qualities(again).count == 12)
      expectEqual(Array(Self.qualities(again).prefix(stop)), Self.qualities(stopped))
    }
  }

  /// A pass of the twin leaves the answer's own row alone, in whatever type the weights are.
  @Test(arguments: [ElementType.f32, .f16, .q8_0, .q4_0])
  func theTwinChangesNoBitOfTheLogits(type: ElementType) throws {
    let model = try LlavaModel(
      SyntheticCheckpoint.make(shape: "tiny", type: type), options: LoadOptions(threads: 2))
    let session = try model.session(
      SessionOptions(policy: RetentionPolicies.named("prefixkv"), spills: true))
    let ids = (0..<40).map { 3 + $0 % 20 }
    let prompt = Prompt(
      tokens: ids.map(PromptToken.token), segments: ids.map { _ in .user })
    let logits = try session.prefill(prompt, image: nil).logits
    _ = try session.set(budget: .share(0.3))
    let (alone, beside) = (try session.fork(), try session.fork())
    let twin = try FullCacheTwin(of: session, promptLogits: logits, approximateFrom: nil)
    for token in 4..<24 {
      let expected = try alone.decode(token)
      let told = try twin.decode(token, beside: beside, isWatched: false, isDue: false)
      #expect(told.logits == expected, "token \(token)")
    }
  }
}
