import Testing

@testable import KVCache

/// The cache as it was when a token was computed, and why entries are kept.
@Suite struct EarlierCacheTests {
  /// Every byte that a layer held at every step of a conversation whose budget moves all the time.
  @Test func everyEarlierMomentComesBack() throws {
    var conversation = try TestConversation(budget: 0.5)
    var moments: [Int: [[Int32: [UInt8]]]] = [:]
    for turn in 0..<3 {
      try conversation.prompt(30)
      for step in 0..<20 {
        if step % 4 == turn {
          // A slider that is dragged: only where it stops counts.
          for budget in [0.3, 0.9, 0.1 + 0.04 * Double(step)] {
            _ = try conversation.controller.set(budget: Budget(budget))
          }
        }
        moments[conversation.cache.seen] = conversation.cache.content
        try conversation.step()
      }
    }
    #expect(moments.count == 60)
    for (row, content) in moments {
      let earlier = try conversation.cache.copied(asOf: row)
      #expect(earlier.isExact)
      #expect(earlier.cache.seen == row)
      #expect(earlier.cache.content == content, "row \(row)")
    }
  }

  /// Positions that were taken back are given again, and their tokens are others.
  @Test func whatWasTakenBackIsForgotten() throws {
    var conversation = try TestConversation(budget: 0.4)
    try conversation.prompt(40)
    for _ in 0..<10 { try conversation.step() }
    let content = conversation.cache.content
    let row = conversation.cache.seen
    try conversation.prompt(10)
    for _ in 0..<10 { try conversation.step() }
    try conversation.controller.truncate(to: row)
    var moments: [Int: [[Int32: [UInt8]]]] = [:]
    for _ in 0..<10 {
      moments[conversation.cache.seen] = conversation.cache.content
      try conversation.step()
    }
    for (row, content) in moments {
      #expect(try conversation.cache.copied(asOf: row).cache.content == content, "row \(row)")
    }
    // Earlier moments stay.
    let earlier = try conversation.cache.copied(asOf: row - 5).cache
    #expect(earlier.content.allSatisfy { $0.keys.allSatisfy { $0 < row - 5 } })
    #expect(content.count == earlier.content.count)
  }

  @Test func whatWasEvictedWithoutASpillFileIsMissed() throws {
    var conversation = try TestConversation(budget: 1, spill: false)
    try conversation.prompt(30)
    try conversation.step()
    #expect(try conversation.cache.copied(asOf: 30).isExact)
    _ = try conversation.controller.set(budget: Budget(0.3))
    try conversation.step()
    #expect(try !conversation.cache.copied(asOf: 30).isExact)
  }

  @Test func aDraggedSliderTakesNoMemory() {
    var moves = EntryMoves()
    let all = Array(Int32(0)..<100)
    for _ in 0..<1000 {
      moves.record(from: all, to: Array(all.prefix(10)), seen: 100)
      moves.record(from: Array(all.prefix(10)), to: all, seen: 100)
    }
    #expect(moves.moves.isEmpty)
    moves.record(from: all, to: Array(all.prefix(10)), seen: 100)
    #expect(moves.moves.count == 90)
    #expect(moves.held(now: Array(all.prefix(10)), asOf: 99) == Array(all.prefix(99)))
    #expect(moves.held(now: Array(all.prefix(10)), asOf: 100) == Array(all.prefix(10)))
  }

  // MARK: Why entries are kept

  @Test func rankAndImportanceAreThoseOfEachLayer() throws {
    var conversation = try TestConversation(layers: 2, budget: 0.5)
    // Positions 0...7; the fourth is the most important in layer 0 and the least in layer 1.
    try conversation.prompt(
      8, scores: [[1, 2, 3, 9, 4, 5, 6, 7], [8, 7, 6, 0, 5, 4, 3, 2]])
    let standing = try #require(conversation.controller.standing(of: 3))
    #expect(standing.layers.map(\.rank) == [1, 8])
    #expect(standing.layers.map(\.importance) == [9, 0])
    #expect(standing.layers.map(\.isKept) == [true, false])
    #expect(standing.layers.allSatisfy { $0.protection == nil })
    #expect(standing.segment == .user && standing.positions == 8)
    #expect(conversation.controller.standing(of: 8) == nil)
    #expect(conversation.controller.standing(of: -1) == nil)
  }

  @Test func whatIsProtectedIsCalledThat() throws {
    var conversation = try TestConversation(layers: 2, budget: 0.5)
    try conversation.prompt(20)
    try conversation.step()
    func protections(_ position: Int) -> [EntryStanding.Protection?] {
      conversation.controller.standing(of: position)?.layers.map(\.protection) ?? []
    }
    #expect(protections(0) == [.first, .first])
    #expect(protections(19) == [.recent, .recent])
    #expect(protections(20) == [.newer, .newer])
    #expect(protections(5) == [nil, nil])
  }

  /// Whatever a policy protects is kept by the plan itself.
  @Test func protectedEntriesAreKept() throws {
    var protecting = 0
    for policy in RetentionPolicies.all {
      var conversation = try TestConversation(policy: policy, budget: 0.3)
      try conversation.prompt(40)
      for position in 0..<40 {
        for layer in conversation.controller.standing(of: position)?.layers ?? []
        where layer.protection != nil {
          protecting += 1
          #expect(layer.isKept, "\(policy.name), position \(position)")
        }
      }
    }
    #expect(protecting > 20)
  }
}
