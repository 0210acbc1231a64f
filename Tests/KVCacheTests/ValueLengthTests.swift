import Testing

@testable import KVCache

@Suite struct ValueLengthTests {
  /// What the lengths are by the values themselves, `[layers][positions]`.
  private func textbook(_ cache: KeyValueCache) throws -> [[Float]] {
    let width = cache.shape.kvHeads * cache.shape.headDim
    return try (0..<cache.shape.layers).map { layer in
      let values = try cache.floats(layer: layer, .values)
      return stride(from: 0, to: values.count, by: width).map { start in
        values[start..<start + width].reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      }.map(Float.init)
    }
  }

  private func expectAlike(
    _ cache: KeyValueCache, _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for (layer, expected) in try textbook(cache).enumerated() {
      let lengths = try cache.valueLengths(layer: layer)
      #expect(lengths.count == expected.count, what, sourceLocation: sourceLocation)
      for (length, expected) in zip(lengths, expected) {
        #expect(
          abs(length - expected) <= 1e-5 * max(1, expected), what, sourceLocation: sourceLocation)
      }
    }
  }

  @Test func aThreeAndAFourAreFiveLong() throws {
    let cache = KeyValueCache(
      shape: try CacheShape(layers: 1, kvHeads: 2, headDim: 1, precision: .f32), spill: false)
    cache.extend(count: 2, segment: .user)
    cache.append(layer: 0, keys: [9, 9, 9, 9], values: [3, -4, 0, 2], count: 2)
    #expect(try cache.valueLengths(layer: 0) == [5, 2])
  }

  /// Heads of 11 are no whole number of eights.
  @Test(arguments: [(CachePrecision.f32, 11), (.f16, 11), (.q8_0, 32), (.q4_0, 32)])
  func lengthsAreThoseOfStoredValues(precision: CachePrecision, headDim: Int) throws {
    var conversation = try TestConversation(headDim: headDim, precision: precision, budget: 0.4)
    // What nobody asked about before it was evicted comes from the spill file.
    try conversation.prompt(20)
    #expect(conversation.cache.length(0) < 20)
    try expectAlike(conversation.cache, "evicted")
    for _ in 0..<5 { try conversation.step() }
    try expectAlike(conversation.cache, "while answering")
    try conversation.controller.truncate(to: 8)
    try conversation.prompt(6, segment: .image)
    try expectAlike(conversation.cache, "after going back")
    try expectAlike(try conversation.cache.copied(), "a copy")
  }

  @Test func mergingChangesNoLength() throws {
    var conversation = try TestConversation(policy: PrefixKVMergePolicy(), budget: 0.5)
    try conversation.prompt(12)
    #expect(conversation.cache.layers.contains { !$0.merged.isEmpty })
    try expectAlike(conversation.cache, "merged")
  }

  @Test func whileEverythingStaysNothingHangsOnAttention() throws {
    var conversation = try TestConversation(policy: PrefixKVPeakPolicy())
    try conversation.prompt(10)
    #expect(conversation.controller.lastPlan?.decode?.basis == .lengths)
    for _ in 0..<3 { try conversation.step() }
    #expect(conversation.cache.length(0) == 13)
    _ = try conversation.controller.set(budget: Budget(0.5))
    #expect(conversation.controller.lastPlan?.decode?.basis == .attention)
  }

  /// Without a spill file an evicted value is gone, and its length is known from the plan that evicted it.
  @Test func aPlanAfterTheFirstReadsNoValue() throws {
    let conversation = try TestConversation(policy: PrefixKVPeakPolicy(), budget: 0.5, spill: false)
    let expected = try {
      conversation.append(10, segment: .user)
      return try textbook(conversation.cache)
    }()
    var observation = Observation(layers: 3)
    for layer in 0..<3 {
      observation.layers[layer].received = (0..<10).map { Float(10 - $0) }
      observation.layers[layer].largest = (0..<10).map { Float(10 - $0) / 10 }
    }
    conversation.controller.record(prompt: observation)
    _ = try conversation.controller.promptCompleted()
    #expect(conversation.cache.length(0) < 10)
    _ = try conversation.controller.set(budget: Budget(0.3))
    for layer in 0..<3 {
      let lengths = try conversation.cache.valueLengths(layer: layer)
      #expect(zip(lengths, expected[layer]).allSatisfy { abs($0 - $1) < 1e-4 })
    }
  }
}
