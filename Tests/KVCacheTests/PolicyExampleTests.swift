import Testing

@testable import KVCache

/// Cases small enough to check by hand.
@Suite struct PolicyExampleTests {
  /// Two layers, eight positions.
  private func context(
    _ rows: [[Float]], keep: Double, recent: Int = 1, window: [[Float]]? = nil
  ) throws -> RetentionContext {
    RetentionContext(
      budget: try Budget(keep), segments: Array(repeating: .user, count: rows[0].count),
      importance: Importance(rows: rows), window: window.map { Importance(rows: $0) },
      recent: recent)
  }

  private let concentrated: [Float] = [90, 1, 2, 1, 3, 1, 1, 1]
  private let flat: [Float] = [10, 9, 12, 11, 13, 10, 9, 10]

  @Test func concentratedLayerKeepsFewer() throws {
    let plan = PrefixKVPolicy().plan(try context([concentrated, flat], keep: 0.625))
    // At p = 0.5 the prefixes are 1 and 4 entries, the layers forget 5 and 2: 7 of 6 wanted, which
    // scales to 4 and 1.
    #expect(plan.threshold == 0.5)
    #expect(plan.kept == [[0, 2, 4, 7], [0, 2, 3, 4, 5, 6, 7]])
  }

  @Test func importanceIsCumulatedFromTheLargest() {
    let ranking = ImportanceRanking([[1, 5, 0, 2]])
    #expect(ranking.ascending == [[2, 0, 3, 1]])
    #expect(ranking.cumulative == [[0.625, 0.875, 1, 1]])
  }

  @Test func equalScoresFavourTheRecent() throws {
    let even = Array(repeating: Float(1), count: 8)
    let context = try context([even], keep: 0.5)
    #expect(context.keepingMostImportant(layer: 0, forget: 4) == [0, 5, 6, 7])
  }

  @Test func recentPositionsAreProtectedUpToHalfOfWhatIsKept() throws {
    let falling: [Float] = [8, 7, 6, 5, 4, 3, 2, 1]
    let context = try context([falling], keep: 0.5, recent: 25)
    #expect(context.keepingMostImportant(layer: 0, forget: 4) == [0, 1, 6, 7])
    #expect(context.keepingMostImportant(layer: 0, forget: 2) == [0, 1, 2, 5, 6, 7])
    #expect(context.keepingMostImportant(layer: 0, forget: 100) == [0, 7])
  }

  @Test func heavyHittersAreTheLargestScores() throws {
    let plan = HeavyHitterPolicy().plan(try context([concentrated, flat], keep: 0.5))
    #expect(plan.kept == [[0, 2, 4, 7], [0, 2, 4, 7]])
  }

  @Test func localKeepsTheFirstAndTheLast() throws {
    let plan = LocalPolicy().plan(try context([flat], keep: 0.5))
    #expect(plan.kept == [[0, 5, 6, 7]])
  }

  @Test func pyramidIsWideAtTheBottom() throws {
    let rows = Array(repeating: Array(repeating: Float(1), count: 100), count: 5)
    let plan = PyramidPolicy().plan(try context(rows, keep: 0.4, window: rows))
    // From 2 * 40 - 2 down to 40 / 20 = 2 in steps of 19.
    #expect(plan.kept.map(\.count) == [78, 59, 40, 21, 2])
  }

  @Test func snapKVKeepsNeighboursOfWhatTheWindowLooksAt() throws {
    var window = [Float](repeating: 0, count: 100)
    window[40] = 5
    let flat = Array(repeating: Float(1), count: 100)
    let plan = SnapKVPolicy().plan(try context([flat], keep: 0.16, window: [window]))
    // 16 entries: the first, 37...43, and the last eight, half of what is kept.
    #expect(plan.kept == [[0] + Array(37...43) + Array(92...99)])
  }

  @Test func adaKVGivesFlatLayersMore() throws {
    let plan = AdaKVPolicy().plan(try context([concentrated, flat], keep: 0.5))
    // The eight largest shares are one of the first layer's and seven of the second's; a fifth of
    // the budget stays uniform: 0.8 * 1 + 0.8 = 1.6, at least two, and what is left of eight
    // entries.
    #expect(plan.kept.map(\.count) == [2, 6])
  }

  @Test func vlCacheGivesDenseLayersMore() throws {
    let sparse: [Float] = [1000, 1, 1, 1, 1, 1, 1, 500]
    let plan = VLCachePolicy().plan(
      try context([sparse, flat], keep: 0.5, window: [sparse, flat]))
    // Densities 2/8 and 8/8 of eight entries: 1.6, at least two, and what is left.
    #expect(plan.kept.map(\.count) == [2, 6])
  }

  @Test func aPeakOrALongValueKeepsWhatTheSumWouldLose() {
    // Shares of the sums are 0.6, 0.1, 0.1, 0.2, those of the peaks 0.1, 0.1, 0.6, 0.2; the larger ones
    // times the values' lengths 1, 1, 1, 3 are 0.6, 0.1, 0.6, 0.6, in all 1.9. Where room is scarce, the
    // lengths' squares count: 0.6, 0.1, 0.6, 1.8, in all 3.1.
    let expected: [Float: [Float]] = [
      0: [0.6, 0.1, 0.6, 0.6].map { $0 / 1.9 }, 1: [0.6, 0.1, 0.6, 1.8].map { $0 / 3.1 },
    ]
    for (scarcity, expected) in expected {
      let scores = PrefixKVPeakPolicy.scores(
        importance: [6, 1, 1, 2], peaks: [0.05, 0.05, 0.3, 0.1], lengths: [1, 1, 1, 3],
        scarcity: scarcity)
      for (score, expected) in zip(scores, expected) { #expect(abs(score - expected) < 1e-6) }
    }
    let huge = PrefixKVPeakPolicy.scores(
      importance: [1, 1], peaks: [0, 0], lengths: [1e30, 2e30], scarcity: 1)
    #expect(abs(huge[0] - 0.2) < 1e-6 && abs(huge[1] - 0.8) < 1e-6)
    #expect(
      PrefixKVPeakPolicy.scores(importance: [], peaks: [], lengths: [], scarcity: 1).isEmpty)
  }

  @Test func roomIsScarceBelowTwoFifths() {
    let scarcities = [1, 0.4, 0.3, 0.2, 0].map(PrefixKVPeakPolicy.scarcity)
    for (scarcity, expected) in zip(scarcities, [0, 0, 0.5, 1, 1] as [Float]) {
      #expect(abs(scarcity - expected) < 1e-6)
    }
  }

  @Test func whatTheAnswerLooksAtStaysAndTheRestFades() {
    var eviction = FadingEviction(forgotten: [0.5], scores: [[0.5, 0.25, 0.28, 0.1]])
    var unasked = eviction
    // Six entries of ten positions are one too many; the last three are protected.
    #expect(unasked.slots(layer: 0, length: 6, seen: 10) == 1..<2)
    [0, 1, 0, 0, 0, 0].withUnsafeBufferPointer { eviction.record(layer: 0, attention: $0) }
    // 0.25 becomes 0.25 + 0.75 / 16, and 0.28 becomes 0.28 * 15 / 16.
    #expect(eviction.scores[0][1] == 0.296875)
    #expect(eviction.slots(layer: 0, length: 6, seen: 10) == 2..<3)
    #expect(eviction.scores[0].count == 5)
    #expect(eviction.slots(layer: 0, length: 5, seen: 10).isEmpty)
    #expect(eviction.slots(layer: 0, length: 2, seen: 2).isEmpty)
  }

  @Test func mergedEntryIsTheMeanOfItsNeighbours() throws {
    var conversation = try TestConversation(
      layers: 1, kvHeads: 1, headDim: 1, policy: PrefixKVMergePolicy(), budget: 0.5)
    try conversation.prompt(8, scores: [[9, 1, 1, 9, 1, 9, 1, 9]])
    #expect(conversation.cache.positions(0) == [0, 3, 5, 7])
    // 1, 2 and 4 are nearest to 3 (4 as near to 5, the lower wins), 6 to 5; 0 and 7 stay as they
    // are.
    let keys = conversation.cache.view(0).keys
    let values = (0..<4).map { keys.load(fromByteOffset: 4 * $0, as: Float.self) }
    #expect(values == [0, 2.5, 5.5, 7])
  }

  @Test func nearestTargetIsTheLowerOnTies() {
    let merges = Merge.intoNearest([1, 2, 4, 5, 9], targets: [3, 5, 7])
    #expect(
      merges == [
        Merge(target: 3, sources: [1, 2, 4]), Merge(target: 5, sources: [5]),
        Merge(target: 7, sources: [9]),
      ])
    #expect(Merge.intoNearest([1], targets: []) == [])
  }

  @Test func slotIsTwentyFiveFromTheEndOrHalfWay() {
    #expect([100, 26, 25, 10, 3, 2, 1].map(SlidingEviction.slot) == [75, 1, 12, 5, 1, 1, 1])
  }

  @Test func elasticSlotCountsFromTheEndWhenNegative() {
    let eviction = ElasticEviction(forgotten: 0.9, slot: -5)
    #expect(eviction.slots(layer: 0, length: 20, seen: 100) == 15..<16)
    // Where the reference doubles its cache.
    #expect(
      ElasticEviction(forgotten: 0.9, slot: -1).slots(layer: 0, length: 20, seen: 100) == 10..<11)
  }

  @Test func decodedTokensAreRankedByTheAttentionTheyReceive() throws {
    var conversation = try TestConversation(layers: 1, policy: PrefixKVPolicy())
    try conversation.prompt(4, scores: [[4, 1, 1, 1]])
    for row: [Float] in [[0, 0, 0, 0, 1], [0, 0, 0, 0, 1, 0], [0, 0, 0, 0, 1, 0, 0]] {
      conversation.append(1, segment: .assistant)
      var observation = Observation(layers: 1)
      observation.layers[0].received = row
      conversation.controller.record(decoded: observation)
      try conversation.controller.stepCompleted()
    }
    #expect(conversation.controller.importance.rows == [[4, 1, 1, 1, 3, 0, 0]])
    // Four stay: the first, the decoded token that was looked at, and the two most recent.
    _ = try conversation.controller.set(budget: Budget(4.0 / 7))
    #expect(conversation.cache.positions(0) == [0, 4, 5, 6])
  }

  /// Ascending, the first seven scores are those of 2, 6, 4, 1, 3, 5, 0. Four are to go; H2O keeps
  /// the ranks 1 and 5, where that list holds 6 and 5, instead of the positions 0 and 5.
  @Test func publishedBaselinesMissTheEntriesTheyMean() throws {
    let context = try context([[9, 6, 1, 7, 3, 8, 2, 5]], keep: 0.5)
    let h2o = H2OReferencePolicy()
    #expect(h2o.plan(context).kept == [[1, 5, 7]])
    let found = try #require(try h2o.overlapWithTopK(context))
    #expect(found == (0.5, 2.0 / 7))
    // Of 1 to 6: 2, 6, 4, 1, 3, 5. Position 2 stays for the rank that holds 6; 5 is the largest.
    let elastic = ElasticReferencePolicy()
    #expect(elastic.plan(context).kept == [[0, 2, 7]])
    #expect(try #require(try elastic.overlapWithTopK(context)) == (0, 1.0 / 6))
    let everything = try self.context([[9, 6, 1, 7, 3, 8, 2, 5]], keep: 1)
    #expect(
      try RetentionPolicies.published.allSatisfy { try $0.overlapWithTopK(everything) == nil })
    #expect(RetentionPolicies.published.map(\.name) == ["h2o-reference", "elastic-reference"])
  }
}
