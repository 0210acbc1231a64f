import Testing

@testable import KVCache

@Suite struct CacheEntriesTests {
  @Test func aSetHoldsWhatItWasMadeOf() {
    for count in [0, 1, 63, 64, 65, 700, 2928] {
      let chosen = (0..<count).filter { $0 % 3 == 0 || $0 == count - 1 }
      let set = PositionSet(chosen.map(Int32.init), count: count)
      #expect((0..<count).filter(set.contains) == chosen)
      for range in [0..<count, 0..<count / 2, count / 3..<count, count / 2..<count / 2] {
        #expect(set.chosen(in: range) == chosen.count { range.contains($0) }, "\(range)")
      }
    }
  }

  @Test func entriesAreThoseOfTheCache() throws {
    var conversation = try TestConversation(layers: 2, policy: LocalPolicy(), budget: 0.5)
    conversation.append(2, segment: .system)
    conversation.append(5, segment: .image)
    try conversation.prompt(3, scores: [[], []])
    try conversation.step()
    let entries = try #require(conversation.controller.entries([.kept]))
    #expect(entries.positions == 11)
    #expect(entries.runs.map(\.segment) == [.system, .image, .user, .assistant])
    #expect(entries.runs.map(\.positions) == [0..<2, 2..<7, 7..<10, 10..<11])
    #expect(entries.imagePositions == [2, 3, 4, 5, 6])
    #expect(entries.importance == nil)
    for layer in 0..<2 {
      let kept = (0..<11).filter(entries.kept[layer].contains)
      #expect(kept == conversation.cache.positions(layer).map(Int.init))
      #expect(kept.count < 11)
    }
  }

  @Test func importanceComesOnlyWhenItIsAskedFor() throws {
    var conversation = try TestConversation(layers: 2)
    try conversation.prompt(4)
    #expect(conversation.controller.entries([]) == nil)
    let entries = conversation.controller.entries([.kept, .importance])
    #expect(entries?.importance == conversation.controller.importance)
  }
}
