import KVCache
import TestSupport
import Testing

@testable import Inference

/// Conversations about a picture of which some rows entered the language model.
@Suite struct PictureTokensChatTests {
  private let fixture: ChatFixture

  init() throws { fixture = try ChatFixture() }

  private func chat(
    _ tokens: String?, policy: String = "prefixkv", budget: Double = 1
  ) throws -> ChatSession {
    var options = ChatOptions(
      policy: try RetentionPolicies.named(policy), budget: .share(budget),
      sampling: SamplingOptions(maximumTokens: 4))
    options.pictureTokens = try tokens.map { try PictureTokens(parsing: $0) }
    return try fixture.chat(options)
  }

  private func ask(_ chat: ChatSession, _ question: String) throws -> String {
    let listener = Listener()
    _ = try chat.ask(question, observer: listener)
    return listener.text
  }

  @Test func positionsFollowEachOtherWithoutAGap() throws {
    func positions(_ tokens: String?) throws -> (prompt: Int, image: Int, seen: Int) {
      let chat = try chat(tokens)
      let statistics = try chat.ask("What is this?", observer: Listener())
      let layer = try #require(chat.snapshot.layers.first)
      #expect(layer.image == statistics.imageTokens)
      #expect(chat.session.cache.positions(0).map(Int.init) == Array(0..<layer.seen))
      return (statistics.promptTokens, statistics.imageTokens, layer.seen)
    }
    let all = try positions(nil)
    let few = try positions("uniform:9")
    #expect(all.image == 64 && few.image == 9)
    #expect(all.prompt - few.prompt == 55)
    #expect(few.seen < all.seen)
  }

  /// Everything that works on a cache works on a shorter one.
  @Test(arguments: RetentionPolicies.all.map(\.name), PictureTokenMethods.all.map(\.name))
  func everyPolicyWorksOnTheRowsThatAreLeft(policy: String, method: String) throws {
    let chat = try chat("\(method):9", policy: policy, budget: 0.5)
    chat.options.hasTwin = true
    let listener = Listener()
    let first = try chat.ask("What is this?", observer: listener)
    #expect(first.imageTokens == 9)
    #expect(chat.snapshot.layers.allSatisfy { $0.image <= 9 })
    #expect(listener.events.contains { if case .quality = $0 { true } else { false } })
    // What is not in the cache is not in the spill file either.
    try chat.setBudget(.share(1))
    #expect(chat.snapshot.layers.allSatisfy { $0.image == 9 && $0.seen == $0.retained })
    try chat.setBudget(.share(0.3))
    let second = try chat.ask("And that?", observer: Listener())
    #expect((second.recall == nil) == (policy == "full"))
    _ = try chat.regenerate(observer: Listener())
    let columns = try ComparisonColumn.columns(
      parsing: "100%,30%", policy: policy, budget: .share(0.3))
    let answers = try chat.compare(columns, observer: Listener())
    #expect(answers[0].imageEntries == 9 * chat.snapshot.layers.count)
  }

  /// As if the conversation had been held with them from the beginning.
  @Test(arguments: PictureTokenMethods.all.map(\.name))
  func anotherNumberReadsTheConversationAgain(method: String) throws {
    let changed = try chat(nil)
    let answer = try ask(changed, "What is this?")
    let tokens = try PictureTokens(parsing: "\(method):9")
    let listener = Listener()
    try changed.setPictureTokens(tokens, observer: listener)
    #expect(
      listener.events.contains {
        if case .progress(.prefill, _, _) = $0 { true } else { false }
      })
    #expect(changed.snapshot.layers.allSatisfy { $0.image == 9 })

    let fresh = try chat("\(method):9")
    try fresh.resume(
      [
        ResumedTurn(
          question: "What is this?", answer: answer, tokens: changed.answerTokens, first: nil,
          last: nil
        )
      ], observer: Listener())
    #expect(changed.cached == fresh.cached)
    #expect(changed.image?.sources == fresh.image?.sources)
    #expect(try ask(changed, "And that?") == ask(fresh, "And that?"))
    // And back.
    try changed.setPictureTokens(nil, observer: Listener())
    #expect(changed.snapshot.layers.allSatisfy { $0.image == 64 })
    #expect(changed.asked.map(\.text) == ["What is this?", "And that?"])
  }

  @Test func whatIsStoppedLeavesTheConversationAsItWas() throws {
    let chat = try chat("uniform:20", budget: 0.5)
    _ = try ask(chat, "What is this?")
    let before = chat.snapshot
    let listener = Listener()
    listener.cancelDuringPrefill = true
    #expect(throws: ModelError.cancelled) {
      try chat.setPictureTokens(PictureTokens(parsing: "diverse:9"), observer: listener)
    }
    #expect(chat.snapshot == before && chat.options.pictureTokens?.text == "uniform:20")
    #expect(chat.image?.count == 20)
    expectRefusal(PictureTokenError.self, says: ["at most 64"]) {
      try chat.setPictureTokens(PictureTokens(parsing: "99"), observer: Listener())
    }
    #expect(chat.snapshot == before)
    _ = try ask(chat, "And that?")
    #expect(chat.asked.count == 2)
  }

  /// The first question of each conversation chooses the rows.
  @Test func everyConversationChoosesForItsOwnQuestion() throws {
    let chat = try chat("diverse:3")
    var chosen: Set<[[Int]]> = []
    for question in ["What is this?", "red circle", "Where is the dog?", "7 8 9"] {
      try chat.clear()
      let listener = Listener()
      _ = try chat.ask(question, observer: listener)
      chosen.insert(try #require(chat.image).sources)
      let told = listener.events.compactMap {
        if case .patches(let map) = $0 { map.dropped.count } else { nil }
      }
      #expect(told == [61])
    }
    #expect(chosen.count > 1)
    let sources = chat.image?.sources
    _ = try ask(chat, "What is this?")
    #expect(chat.image?.sources == sources, "later questions find the rows that are there")
  }
}

extension ChatSession {
  fileprivate var answerTokens: [Int] {
    if case .tokens(let ids) = conversation.turns.last?.answer { ids } else { [] }
  }
}
