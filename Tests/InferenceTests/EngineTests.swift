import Foundation
import KVCache
import TestSupport
import Testing

@testable import Inference

/// The engine on its thread, driven as the screen drives it.
@Suite struct EngineTests {
  let engine: Engine
  private let inbox = Inbox()

  /// Events that came with others and were not asked for yet.
  private final class Inbox {
    var waiting: [EngineEvent] = []
  }

  init() throws {
    engine = Engine(
      options: ChatOptions(
        policy: try RetentionPolicies.named("prefixkv"),
        // No answer ends by itself before what is posted during it has acted.
        sampling: SamplingOptions(maximumTokens: 1500)),
      load: LoadOptions(threads: 2))
  }

  /// The engine was silent for longer than any step of a tiny model takes.
  private struct Silence: Error, CustomStringConvertible {
    let events: [EngineEvent]
    var description: String { "no event for a minute; the last: \(events.suffix(3))" }
  }

  /// Events up to and including the first that fits.
  ///
  /// - Throws: `Silence` when none comes for a minute.
  func events(until isLast: (EngineEvent) -> Bool) throws -> [EngineEvent] {
    var events: [EngineEvent] = []
    while true {
      while inbox.waiting.isEmpty {
        var descriptor = pollfd(
          fd: engine.events.readDescriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&descriptor, 1, 60_000) > 0 else { throw Silence(events: events) }
        inbox.waiting = engine.events.drain()
      }
      let event = inbox.waiting.removeFirst()
      events.append(event)
      if isLast(event) { return events }
    }
  }

  /// Loads model and picture; a failure ends the test.
  @discardableResult
  func load() throws -> [EngineEvent] {
    engine.post(.loadModel(Oracle.path("models/tiny-mha/hf")))
    engine.post(.loadImage(path: Oracle.path("images/landscape.jpg")))
    let events = try events { $0 == .cleared || Self.failure($0) != nil }
    try #require(events.last == .cleared, "\(events.suffix(1))")
    return events
  }

  static func isFinished(_ event: EngineEvent) -> Bool {
    if case .answerFinished = event { true } else { false }
  }

  /// The sentence of a failure; nil for every other event.
  static func failure(_ event: EngineEvent) -> String? {
    switch event {
    case .failed(let sentence, _): sentence
    case .loadFailed(let failure): failure.sentence
    default: nil
    }
  }

  @Test func loadingTellsModelPictureAndProgress() throws {
    let events = try load()
    #expect(
      events.contains { if case .modelLoaded(let model) = $0 { model.layers == 6 } else { false } })
    #expect(
      events.contains {
        if case .imageLoaded(_, let pixels) = $0 { pixels.width > 0 } else { false }
      })
    for stage in [EngineStage.loading, .vision] {
      #expect(
        events.contains {
          if case .progress(stage, let n, let all) = $0 { n == all } else { false }
        }
      )
    }
    engine.post(.shutdown)
  }

  @Test func answerStreamsBetweenStartAndFinish() throws {
    try load()
    engine.post(.ask("What is this?"))
    let events = try events(until: Self.isFinished)
    let started = events.firstIndex { if case .answerStarted = $0 { true } else { false } }
    let token = events.firstIndex { if case .token = $0 { true } else { false } }
    #expect(try #require(started) < (try #require(token)))
    #expect(events.contains { if case .cache = $0 { true } else { false } })
    // The prompt brought the first token; what took no time has no rate.
    let rates = events.compactMap { event -> Double?? in
      if case .token(_, let rate) = event { .some(rate) } else { nil }
    }
    #expect(rates.count > 1)
    #expect(rates.first == .some(nil))
    #expect(rates.dropFirst().allSatisfy { $0 != nil })
    engine.post(.shutdown)
  }

  @Test func cancelEndsALongAnswer() throws {
    try load()
    engine.post(.ask("What is this?"))
    _ = try events { if case .token = $0 { true } else { false } }
    engine.post(.cancel)
    guard case .answerFinished(let statistics)? = try events(until: Self.isFinished).last else {
      Issue.record("the answer does not end")
      return
    }
    #expect(statistics.finish == .cancelled)
    #expect(statistics.generatedTokens < 1500)
    // The engine takes the next question.
    engine.post(.ask("And this?"))
    let next = try events { if case .token = $0 { true } else { Self.failure($0) != nil } }
    #expect(Self.failure(next.last!) == nil, "\(next.last!)")
    engine.post(.shutdown)
  }

  @Test func budgetPostedDuringAnAnswerActsInIt() throws {
    try load()
    engine.post(.ask("What is this?"))
    _ = try events { if case .token = $0 { true } else { false } }
    engine.post(.setBudget(.share(0.3)))
    let events = try events {
      if case .cache(let snapshot) = $0 { snapshot.budget == 0.3 } else { Self.isFinished($0) }
    }
    #expect(!Self.isFinished(events.last!), "the answer ended under its first budget")
    engine.post(.shutdown)
  }

  @Test func wrongPathsAreSentencesAndTheEngineGoesOn() throws {
    engine.post(.loadImage(path: "/nowhere/at all.png"))
    engine.post(.loadModel("/nowhere/model"))
    engine.post(.ask("What?"))
    engine.post(.setPolicy("no-such-policy"))
    var sentences: [String] = []
    while sentences.count < 4 {
      let next = try events { Self.failure($0) != nil }
      sentences += next.compactMap(Self.failure)
    }
    #expect(sentences[0].contains("at all.png"))
    #expect(sentences[1].contains("/nowhere/model"))
    #expect(sentences[2].contains("No model is loaded"))
    #expect(sentences[3].contains("prefixkv"), "lists the known policies")
    #expect(try load().contains { if case .modelLoaded = $0 { true } else { false } })
    engine.post(.shutdown)
  }

  @Test func entriesAreToldFromTheWatchOnAndNoLonger() throws {
    #expect(
      try load().contains { if case .patches(let map) = $0 { map.rows.count > 0 } else { false } })
    engine.post(.ask("What is this?"))
    let before = try events { if case .token = $0 { true } else { false } }
    #expect(!before.contains { Self.entries($0) != nil })
    engine.post(.watch([.kept]))
    engine.post(.setBudget(.share(0.3)))
    let shrunk = try events { event in
      Self.entries(event).map { $0.kept[0].chosen(in: 0..<$0.positions) < $0.positions } ?? false
    }
    let last = try #require(shrunk.last.flatMap(Self.entries))
    #expect(last.importance == nil)
    #expect(last.kept.count == 6)
    engine.post(.watch([]))
    engine.post(.cancel)
    _ = try events(until: Self.isFinished)
    engine.post(.setBudget(.share(1)))
    let after = try events { if case .cache(let cache) = $0 { cache.budget == 1 } else { false } }
    #expect(!after.contains { Self.entries($0) != nil })
    engine.post(.shutdown)
  }

  @Test func attentionIsToldWhileItIsRecordedAndWhenItIsAskedFor() throws {
    try load()
    engine.post(.recordAttention(true))
    engine.post(.ask("What is this?"))
    let recorded = try events { Self.attention($0) != nil }.last.flatMap(Self.attention)
    let position = try #require(recorded).position
    engine.post(.recordAttention(false))
    // Of those that wait together only the last is computed.
    for asked in [position - 1, position] { engine.post(.attention(of: asked)) }
    engine.post(.explain(position: position))
    let standing = try events { if case .standing = $0 { true } else { false } }
    guard case .standing(let told)? = standing.last else { return }
    #expect(told.position == position && told.layers.count == 6)
    let again = standing.compactMap(Self.attention).last { $0.position == position }
    #expect(again?.entries.map(\.position) == recorded?.entries.map(\.position))
    engine.post(.cancel)
    _ = try events(until: Self.isFinished)
    engine.post(.attention(of: 0))
    let failed = try events { Self.failure($0) != nil }
    #expect(failed.last.flatMap(Self.failure)?.contains("No token was predicted") == true)
    engine.post(.shutdown)
  }

  static func attention(_ event: EngineEvent) -> TokenAttention? {
    if case .attention(let attention) = event { attention } else { nil }
  }

  static func entries(_ event: EngineEvent) -> CacheEntries? {
    if case .entries(let entries) = event { entries } else { nil }
  }

  @Test func aSweepGivesWayToWhateverElseIsAsked() throws {
    try load()
    engine.post(.ask("What is this?"))
    _ = try events { if case .token = $0 { true } else { false } }
    engine.post(.cancel)
    _ = try events { if case .answerFinished = $0 { true } else { false } }
    engine.post(.sweepBudgets)
    _ = try events { $0 == .sweep(.began) }
    engine.post(.clear)
    let rest = try events { $0 == .cleared }
    #expect(rest.contains(.sweep(.ended(isWhole: false))))
    engine.post(.ask("And its colour?"))
    _ = try events { if case .answerStarted = $0 { true } else { false } }
    engine.post(.shutdown)
  }
}
