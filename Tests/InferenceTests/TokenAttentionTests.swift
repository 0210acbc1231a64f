import Foundation
import KVCache
import TestSupport
import Testing

@testable import Inference

/// What a token attended to: recorded, and computed once more from restored entries.
@Suite struct TokenAttentionTests {
  private let fixture: ChatFixture

  init() throws { fixture = try ChatFixture() }

  private func options(
    _ policy: String = "prefixkv", _ budget: Double, records: Bool = true, tokens: Int = 24
  ) throws -> ChatOptions {
    var options = ChatOptions(
      policy: try RetentionPolicies.named(policy), budget: .share(budget),
      sampling: SamplingOptions(maximumTokens: tokens))
    options.recordsAttention = records
    return options
  }

  private static func recorded(_ listener: Listener) -> [TokenAttention] {
    listener.events.compactMap { if case .attention(let told) = $0 { told } else { nil } }
  }

  private static func choices(_ listener: Listener) -> [TokenChoice] {
    listener.events.compactMap { if case .choice(let choice) = $0 { choice } else { nil } }
  }

  private func expectEqual(_ again: TokenAttention, _ recorded: TokenAttention) {
    #expect(again.position == recorded.position)
    #expect(again.isExact)
    #expect(again.entries.map(\.position) == recorded.entries.map(\.position))
    for (one, other) in zip(again.entries, recorded.entries) {
      #expect(abs(one.share - other.share) < 1e-6, "position \(one.position)")
      #expect(one.segment == other.segment)
    }
  }

  /// The budget falls and rises in the middle of the answer, and falls once more after it: most of
  /// what was attended to is then in the spill file alone.
  @Test(arguments: ["prefixkv", "heavy-hitter", "local"])
  func whatIsComputedOnceMoreIsWhatWasRecorded(policy: String) throws {
    let chat = try fixture.chat(options(policy, 0.5))
    let listener = Listener()
    listener.atToken = { token in
      if token == 6 { try chat.setBudget(.share(0.2)) }
      if token == 14 { try chat.setBudget(.share(0.9)) }
    }
    _ = try chat.ask("What is this?", observer: listener)
    try chat.setBudget(.share(0.1))
    let recorded = Self.recorded(listener)
    // The first token was chosen by the prompt's last row, whose attention nobody recorded.
    #expect(recorded.count == Self.choices(listener).count - 1 && recorded.count > 14)
    let kept = chat.snapshot
    for told in recorded { expectEqual(try chat.attention(of: told.position), told) }
    #expect(chat.snapshot == kept, "asking changes nothing")
  }

  @Test func aSecondTurnIsComputedOverWhatTheFirstHadLeft() throws {
    let chat = try fixture.chat(options("prefixkv", 0.3, tokens: 8))
    _ = try chat.ask("What is this?", observer: Listener())
    let second = Listener()
    _ = try chat.ask("And its colour?", observer: second)
    let recorded = Self.recorded(second)
    #expect(recorded.count == Self.choices(second).count - 1 && recorded.count > 2)
    for told in recorded { expectEqual(try chat.attention(of: told.position), told) }
    // The former answer's tokens can be asked about, too, and after the next one was taken back.
    try chat.undo()
    #expect(try chat.attention(of: chat.session.cache.seen - 1).isExact)
  }

  /// The prompt's last row saw the prompt before anything was evicted.
  @Test func theFirstTokensAttentionIsThatOfThePromptsLastRow() throws {
    let chat = try fixture.chat(options("prefixkv", 0.1, tokens: 2))
    let listener = Listener()
    _ = try chat.ask("What is this?", observer: listener)
    let first = try #require(Self.choices(listener).first).position
    let attention = try chat.attention(of: first)
    #expect(abs(attention.shares.reduce(0, +) - 1) < 1e-4)
    let full = try fixture.chat(options("full", 1, tokens: 2))
    _ = try full.ask("What is this?", observer: Listener())
    expectEqual(attention, try full.attention(of: first))
  }

  /// With recall a later prompt attends to evicted entries, and so does its last row, which predicts
  /// the answer's first token.
  @Test(arguments: [true, false])
  func aPromptsRowIsComputedWithEvictedEntriesWhereItRecalledThem(recalls: Bool) throws {
    var chosen = try options("prefixkv", 0.2, tokens: 4)
    chosen.recalls = recalls
    let chat = try fixture.chat(chosen)
    _ = try chat.ask("What is this?", observer: Listener())
    let cache = chat.session.cache
    let lost = (0..<cache.seen).filter { position in
      (0..<cache.shape.layers).allSatisfy { !cache.holds(position, layer: $0) }
    }
    #expect(!lost.isEmpty)
    let second = Listener()
    _ = try chat.ask("And its colour?", observer: second)
    let first = try #require(Self.choices(second).first).position
    let told = try chat.attention(of: first)
    #expect(told.isExact)
    let isRecalled = told.entries.contains { lost.contains($0.position) }
    #expect(isRecalled == recalls)
  }

  @Test func itIsTheTextbooksSoftmax() throws {
    var options = try options("full", 1, tokens: 6)
    options.cachePrecision = .f32
    let chat = try ChatSession(model: fixture.model, options: options)
    let listener = Listener()
    _ = try chat.ask("What is this?", observer: listener)
    let ids = chat.cached.map { token in if case .token(let id) = token { id } else { -1 } }
    let textbook = TextbookDecoder(fixture.model)
    let first = try #require(Self.choices(listener).first).position
    for position in [first, first + 3] {
      let expected = try textbook.attention(of: Array(ids.prefix(position)))
      let told = try chat.attention(of: position)
      #expect(told.entries.count == min(TokenAttention.mostEntries, position))
      let most = expected.indices.max { expected[$0] < expected[$1] }
      #expect(told.entries.first?.position == most)
      for entry in told.entries {
        #expect(
          abs(entry.share - expected[entry.position]) < 1e-4,
          "position \(entry.position): \(entry.share), \(expected[entry.position])")
      }
    }
  }

  @Test func everyRowOfThePictureCountsAsPicture() throws {
    let chat = try fixture.chat(options("full", 1, tokens: 2))
    let listener = Listener()
    _ = try chat.ask("What is this?", observer: listener)
    let told = try #require(Self.recorded(listener).first)
    let rows = chat.session.cache.segments.indices.filter {
      chat.session.cache.segments[$0] == .image
    }
    #expect(rows.count == fixture.image.count)
    for entry in told.entries {
      #expect((entry.segment == .image) == rows.contains(entry.position))
    }
    #expect(abs(told.shares.reduce(0, +) - 1) < 1e-4)
  }

  @Test func withoutRecordingNothingIsRecorded() throws {
    let chat = try fixture.chat(options("prefixkv", 0.3, records: false))
    let listener = Listener()
    let statistics = try chat.ask("What is this?", observer: listener)
    #expect(Self.recorded(listener).isEmpty)
    #expect(Self.choices(listener).count == statistics.generatedTokens)
  }

  @Test func theTwinLeavesTheRecordAlone() throws {
    var both = try options("prefixkv", 0.3)
    both.hasTwin = true
    let chat = try fixture.chat(both)
    let listener = Listener()
    _ = try chat.ask("What is this?", observer: listener)
    for told in Self.recorded(listener) { expectEqual(try chat.attention(of: told.position), told) }
  }

  @Test func mergedEntriesAreCalledApproximate() throws {
    let chat = try fixture.chat(options("prefixkv-merge", 0.5, tokens: 8))
    let listener = Listener()
    _ = try chat.ask("What is this?", observer: listener)
    let last = try #require(Self.choices(listener).last).position
    try chat.setBudget(.share(0.2))
    #expect(try !chat.attention(of: last).isExact)
  }

  @Test func positionsThatNothingPredictedAreRefused() throws {
    let chat = try fixture.chat(options("full", 1, tokens: 2))
    _ = try chat.ask("What is this?", observer: Listener())
    let image = try #require(chat.session.cache.segments.firstIndex(of: .image))
    for position in [0, image + 1, 100_000] {
      #expect(throws: ChatError.noToken(position, seen: chat.session.cache.seen)) {
        try chat.attention(of: position)
      }
    }
  }
}
