import KVCache
import TestSupport
import Testing

@testable import Inference

/// One answer scored at many budgets.
@Suite struct BudgetSweepTests {
  private static func chat(_ budget: Double) throws -> ChatSession {
    let (_, model) = try ModelLocator.load(nil) { found in
      let checkpoint = try WeightFormats.open(found, options: CheckpointOptions())
      return (found, try LlavaModel(checkpoint, options: LoadOptions(threads: 2)))
    }
    let options = ChatOptions(
      policy: try RetentionPolicies.named("prefixkv"), budget: .share(budget))
    let chat = try ChatSession(model: model, options: options)
    let path = try #require(ModelLocator.samplePicture())
    try chat.begin(image: model.embed(ImageFile.load(path: path, reading: .asSeen), route: .pad))
    return chat
  }

  /// Where the budgets are equal, answer and figures are those of `ask --compare`.
  @Test(arguments: [0.1, 0.5]) func aPointIsWhatComparingSaysOfTheSameAnswer(_ budget: Double)
    throws
  {
    let chat = try Self.chat(budget)
    chat.options.hasTwin = true
    let listener = Listener()
    _ = try chat.ask("Describe this image in detail.", observer: listener)
    let before = chat.snapshot
    let points = try chat.sweepBudgets(observer: listener)
    #expect(chat.snapshot == before, "the conversation stays as it is")
    #expect(points.map(\.budget) == BudgetSweep.budgets)
    let column = ComparisonColumn(policy: "prefixkv", budget: .share(budget))
    let compared = try #require(try chat.compare([column], observer: Listener()).first)
    #expect(compared.text == listener.text)
    #expect(compared.finish == .endOfSequence, "otherwise no end was scored")
    let expected = try #require(compared.agreement)
    let point = try #require(points.first { $0.budget == budget })
    #expect(expected.meanKL > 0.1)
    #expect(
      abs(point.agreement.meanKL - expected.meanKL) < 1e-3 * expected.meanKL,
      "\(point.agreement.meanKL) instead of \(expected.meanKL)")
    #expect(point.agreement.share == expected.share)
    let live = listener.events.compactMap {
      if case .quality(let quality) = $0 { quality.divergence } else { nil }
    }
    #expect(live.count == compared.tokens + 1, "every token and the end")
    let mean = live.reduce(0, +) / Double(live.count)
    #expect(abs(mean - expected.meanKL) < 1e-3 * expected.meanKL, "the twin's \(mean)")
    #expect(points[0].agreement.meanKL > 5 * points[9].agreement.meanKL)
    let events = listener.events.compactMap {
      if case .sweep(let event) = $0 { event } else { nil }
    }
    #expect(events.first == .began)
    #expect(events.last == .ended(isWhole: true))
    #expect(events.compactMap { if case .scored(let point) = $0 { point } else { nil } } == points)
  }

  @Test func groupsHoldTwoFullCachesAtMostAndAllBudgets() {
    #expect(BudgetSweep.groups.flatMap(\.self) == BudgetSweep.budgets)
    #expect(BudgetSweep.groups.allSatisfy { $0.reduce(0, +) <= 2 && !$0.isEmpty })
    #expect(BudgetSweep.groups.count == 3)
  }

  @Test func withoutAnAnswerThereIsNothingToScore() throws {
    let fixture = try ChatFixture()
    let chat = try fixture.chat(ChatOptions(policy: try RetentionPolicies.named("prefixkv")))
    #expect(try chat.sweepBudgets(observer: Listener()).isEmpty)
  }
}
