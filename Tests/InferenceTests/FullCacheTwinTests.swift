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
      #expect(quality.divergence < 1e-9, "both caches hold the same bytes")
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
}
