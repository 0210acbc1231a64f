import Testing

@testable import KVCache

/// A layer with all that was appended to it, beside a cache that has evicted most of it.
@Suite struct RecalledLayerTests {
  @Test(arguments: ["prefixkv", "prefixkv-merge", "pyramid"])
  func recallsWhatWasAppendedByteForByte(policy: String) throws {
    var conversation = try TestConversation(
      policy: RetentionPolicies.named(policy), budget: 0.3)
    try conversation.prompt(100)
    for _ in 0..<20 { try conversation.step() }
    let cache = conversation.cache
    let before = cache.content

    let never = try TestConversation()
    never.append(100, segment: .user)
    never.append(20, segment: .assistant)
    var report = RecallReport()
    for layer in 0..<cache.shape.layers {
      let recalled = try #require(try cache.recalled(layer, adding: &report))
      let expected = (0..<120).map { never.cache.bytes(layer: layer, slot: $0) }
      let found = (0..<recalled.view.length).map { cache.bytes(recalled.view, slot: $0) }
      #expect(found == expected)
    }
    #expect(cache.content == before, "the cache itself does not change")
    #expect(report.entries >= cache.bytesSpilled / cache.shape.bytesPerEntry)
    #expect(report.bytes == report.entries * cache.shape.bytesPerEntry)
    #expect(report.peakBytes > cache.bytesResident)
  }

  @Test func thereIsNothingToRecallBeforeAnEvictionOrWithoutAFile() throws {
    var report = RecallReport()
    var full = try TestConversation(budget: 1)
    try full.prompt(50)
    #expect(try full.cache.recalled(0, adding: &report) == nil)
    var lost = try TestConversation(budget: 0.3, spill: false)
    try lost.prompt(50)
    #expect(try lost.cache.recalled(0, adding: &report) == nil)
    lost.controller.set(recall: true)
    #expect(!lost.controller.isRecalling)
    full.controller.set(recall: true)
    #expect(full.controller.isRecalling)
    #expect(report == RecallReport())
  }

  @Test func aFileThatCannotBeReadIsATypedError() throws {
    var conversation = try TestConversation(budget: 0.3)
    try conversation.prompt(100)
    let before = conversation.cache.content
    try #require(conversation.cache.spill).truncate(to: 1)
    var report = RecallReport()
    #expect(throws: CacheError.self) {
      for layer in 0..<3 { _ = try conversation.cache.recalled(layer, adding: &report) }
    }
    #expect(conversation.cache.content == before)
  }

  @Test func meansCountOnlyTheQueriesThatWereAdded() {
    // Three queries at positions 3 to 5: all of them saw the first four positions.
    #expect(PrefixKVMeanPolicy.means([3, 6, 9, 3, 4, 1], firstQuery: 3) == [1, 2, 3, 1, 2, 1])
  }
}
