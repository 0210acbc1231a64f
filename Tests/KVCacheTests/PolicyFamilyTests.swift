import Foundation
import Testing

@testable import KVCache

/// The policies beside the published one, with numbers that can be checked by hand.
@Suite struct PolicyFamilyTests {
  /// Positions of the segments in their order, and what was recorded of them.
  private func context(
    _ segments: [Segment], keep: Double, _ needs: Set<RetentionNeed>, importance: [[Float]],
    keys: [Float] = [], record: (inout RetentionRecords) -> Void = { _ in }
  ) throws -> RetentionContext {
    var records = RetentionRecords(importance: Importance(rows: importance), window: nil)
    record(&records)
    return RetentionContext(
      budget: try Budget(keep), segments: segments, needs: needs, records: records, recent: 1,
      ranking: LazyRanking(records.importance), readEntries: { _, _ in keys })
  }

  private func observation(
    layers: Int, _ fill: (Int, inout Observation.Layer) -> Void
  ) -> Observation {
    var observation = Observation(layers: layers)
    for layer in 0..<layers { fill(layer, &observation.layers[layer]) }
    return observation
  }

  @Test func meansCountTheQueriesThatCouldSeeAPosition() throws {
    // Eight queries saw position 0, one saw position 7.
    #expect(PrefixKVMeanPolicy.means([8, 7, 12, 5, 8, 3, 2, 1]) == [1, 1, 2, 1, 2, 1, 1, 1])
    let users = [Segment](repeating: .user, count: 8)
    let plan = PrefixKVMeanPolicy().plan(
      try context(
        users, keep: 0.5, [.importance, .decodeAttention], importance: [[80, 1, 12, 1, 1, 1, 6, 1]])
    )
    // Means 10, 1/7, 2, 1/5, 1/4, 1/3, 3, 1: by the sums position 6 would have come after 2.
    #expect(plan.kept == [[0, 2, 6, 7]])
    #expect(try #require(plan.threshold) > 0)
  }

  @Test func theWindowsThresholdGivesFlatLayersMore() throws {
    let users = [Segment](repeating: .user, count: 100)
    var sharp = [Float](repeating: 0, count: 100)
    sharp[10] = 1
    let rows = [sharp, [Float](repeating: 1, count: 100)]
    let plan = PrefixKVWindowPolicy().plan(
      try context(
        users, keep: 0.5, [.window], importance: rows.map { $0.map { _ in 0 } }
      ) { records in
        records.add(
          observation(layers: 2) { $1.window = rows[$0] },
          positions: [Array(0..<100), Array(0..<100)])
      })
    #expect(plan.kept[0].count < plan.kept[1].count && plan.kept[0].contains(10))
    // The search ends within five entries of the budget; scaling truncates once a layer.
    #expect(98...102 ~= plan.kept[0].count + plan.kept[1].count)
  }

  @Test func textStaysBeforeThePicture() throws {
    let segments: [Segment] =
      [.system] + [Segment](repeating: .image, count: 10) + [
        .user, .user, .user, .user, .assistant,
      ]
    let asked: [Float] = [1, 0, 0, 9, 0, 0, 0, 8, 0, 0, 0, 1, 1, 1, 1, 1]
    func plan(_ keep: Double) throws -> [Int32] {
      let needs = PrefixKVTextPolicy().needs
      return PrefixKVTextPolicy().plan(
        try context(segments, keep: keep, needs, importance: [[Float](repeating: 0, count: 16)]) {
          records in
          records.add(
            observation(layers: 1) { _, layer in
              layer.bySegments = [PrefixKVTextPolicy.asking: asked]
            }, positions: [Array(0..<16)])
        }
      ).kept[0]
    }
    // Eight of sixteen: all six of text, and the two entries of the picture that text looks at.
    #expect(try plan(0.5) == [0, 3, 7, 11, 12, 13, 14, 15])
    // Four of sixteen: one is the picture's whatever text there is.
    let few = try plan(0.25)
    #expect(few.count == 4 && few.filter { (1...10).contains($0) } == [3], "\(few)")
    #expect(try plan(1).count == 16)
  }

  @Test func keysThatDifferFromTheMeanStay() throws {
    // Seven keys along one axis, one across, in the middle.
    let keys: [Float] = [1, 0, 2, 0, 1, 0, 0, 1, 3, 0, 1, 0, 1, 0, 2, 0]
    let scores = KeyDiffPolicy.scores(keys, headDim: 2, positions: 8)
    #expect(scores.firstIndex(of: scores.max()!) == 3)
    // The mean direction is (7, 1) / √50: the cosines are 7 / √50 and 1 / √50.
    #expect(abs(scores[0] - (1 - 7 / Float(50).squareRoot())) < 1e-6)
    #expect(abs(scores[3] - (1 - 1 / Float(50).squareRoot())) < 1e-6)
    #expect(KeyDiffPolicy.scores([0, 0], headDim: 2, positions: 1) == [1])
  }

  @Test func theSecondPassSharesOnePool() throws {
    let users = [Segment](repeating: .user, count: 6)
    let rows: [[Float]] = [[0.9, 0.8, 0.7, 0.6, 0.5, 0.4], [0.9, 0.1, 0.1, 0.1, 0.1, 0.1]]
    let plan = KVzipPolicy().plan(
      try context(users, keep: 0.5, [.secondPass], importance: rows.map { $0.map { _ in 0 } }) {
        records in
        records.extend(to: 6)
        records.addSecondPass(rows, positions: [Array(0..<6), Array(0..<6)])
      })
    // Of the six largest five are the first layer's; the second keeps two, the first and the last.
    #expect(plan.kept == [[0, 1, 2, 5], [0, 5]] || plan.kept[0].count == 4)
    #expect(plan.kept.map(\.count) == [4, 2])
  }

  @Test func aPoolsTiesGoToTheFirstLayers() {
    #expect(SharedPool.counts(of: [[3, 1, 1], [2, 1, 1]], pool: 4) == [3, 1])
    #expect(SharedPool.counts(of: [[3, 1], [2, 1]], pool: 0) == [0, 0])
  }

  @Test func drawsAreRepeatedAndNested() throws {
    let users = [Segment](repeating: .user, count: 60)
    func kept(_ share: Double) throws -> [[Int32]] {
      RandomPolicy().plan(
        try context(
          users, keep: share, [], importance: [[Float]](repeating: users.map { _ in 0 }, count: 3))
      ).kept
    }
    let (few, many) = (try kept(0.3), try kept(0.6))
    #expect(try kept(0.3) == few)
    #expect(few.map(\.count) == [18, 18, 18] && few[0] != few[1])
    for (few, many) in zip(few, many) { #expect(Set(few).isSubset(of: many)) }
    let draws = (0..<4000).map { RandomPolicy.draw(layer: 1, position: $0) }
    #expect(draws.allSatisfy { $0 > 0 && $0 <= 1 } && Set(draws).count > 3990)
    #expect(abs(draws.reduce(0, +) / 4000 - 0.5) < 0.02)
  }

  @Test func equalDistancesReachBothEnds() throws {
    let users = [Segment](repeating: .user, count: 9)
    let plan = UniformPolicy().plan(
      try context(users, keep: 5.0 / 9, [], importance: [users.map { _ in 0 }]))
    #expect(plan.kept == [[0, 2, 4, 6, 8]])
    #expect(UniformPolicy.order(keeping: 2, of: 3) == [1, 0, 2])
  }

  // MARK: Expected attention

  @Test func aRotationsMeanIsShorterThanARotation() {
    let still = MeanRotation([0], from: 5, count: 3)
    #expect(still.rotated([3, 4]) == [3, 4])
    // Quarter turns: the mean of 0, 90, 180 and 270 degrees is nothing.
    let around = MeanRotation([.pi / 2], from: 0, count: 4)
    #expect(around.rotated([3, 4]).allSatisfy { abs($0) < 1e-6 })
    let quarter = MeanRotation([.pi / 2], from: 1, count: 1)
    #expect(zip(quarter.rotated([3, 4]), [-4, 3]).allSatisfy { abs($0 - $1) < 1e-6 })
    // A covariance along the first axis lies along the second afterwards.
    let turned = quarter.rotated(covariance: [2, 0, 0, 0])
    #expect(zip(turned, [0, 0, 0, 2]).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  @Test func expectedAttentionIsASoftmaxTimesTheLengthOfValues() throws {
    // One head of two elements without rotation; queries are always (1, 0).
    var moments = QueryMoments(layers: 1, headDim: 2)
    moments.add(
      QuerySums(count: 3, sums: [3, 0], products: [3, 0, 0, 0], frequencies: [0]), layer: 0)
    let root = Float(2).squareRoot()
    // Four sinks, then logits ln 1, ln 3 and ln 4, and values of lengths 1, 1 and 2.
    let logits = [Float(1), 3, 4].map { log($0) * root }
    let keys = [Float](repeating: 0, count: 8) + logits.flatMap { [$0, 7] }
    let values = [Float](repeating: 0, count: 8) + [0, 1, 1, 0, 0, 2]
    let scores = ExpectedAttentionPolicy.scores(
      keys: keys, values: values, queries: moments, layer: 0, positions: 7)
    let expected: [Float] = [1, 1, 1, 1, 0.125, 0.375, 1]
    #expect(zip(scores, expected).allSatisfy { abs($0 - $1) < 1e-5 }, "\(scores)")
  }

  @Test func queriesThatWereNotRecordedChooseTheRecent() throws {
    let users = [Segment](repeating: .user, count: 8)
    let plan = try ExpectedAttentionPolicy().plan(
      try context(
        users, keep: 0.5, ExpectedAttentionPolicy().needs, importance: [users.map { _ in 0 }]))
    #expect(plan.kept == [[0, 5, 6, 7]])
  }
}
