import Foundation
import TestSupport
import Testing

@testable import KVCache

/// Scores and kept sets of NVIDIA's kvpress 0.5.5 on tiny models with one key head
/// (tools/make_kvpress_fixtures.py).
@Suite struct KVPressTests {
  private static let positions = 128
  private static let width = 16
  private let arrays: GoldenArrays
  /// By policy and share: `[layers][entries]`
  private let kept: [String: [String: [[Int32]]]]

  init() throws {
    struct Kept: Decodable { let kept: [String: [String: [[Int32]]]] }
    arrays = try GoldenArrays("kvpress/kvpress.safetensors")
    kept = try Oracle.decode(Kept.self, from: "kvpress/kvpress.json").kept
    #expect(kept.count == 5)
  }

  private func array(_ name: String, heads: Int, layer: Int) throws -> [Float] {
    try arrays.floats("\(heads).\(layer).\(name)")
  }

  /// Sums over the queries behind the sinks, as a prefill hands them back.
  private func sums(layer: Int) throws -> QuerySums {
    let (heads, width) = (2, Self.width)
    let queries = try array("queries", heads: heads, layer: layer)
    var sums = QuerySums(
      count: Self.positions - QueryMoments.sinks,
      sums: [Float](repeating: 0, count: heads * width),
      products: [Float](repeating: 0, count: heads * width * width),
      frequencies: try arrays.floats("frequencies"))
    for position in QueryMoments.sinks..<Self.positions {
      for head in 0..<heads {
        let query = queries[
          (position * heads + head) * width..<(position * heads + head + 1) * width]
        for (row, a) in query.enumerated() {
          sums.sums[head * width + row] += a
          for (column, b) in query.enumerated() {
            sums.products[(head * width + row) * width + column] += a * b
          }
        }
      }
    }
    return sums
  }

  private func context(heads: Int, keep: Double, _ policy: any RetentionPolicy) throws
    -> RetentionContext
  {
    let shape = try CacheShape(layers: 2, kvHeads: 1, headDim: Self.width, precision: .f32)
    var records = RetentionRecords(shape: shape)
    records.extend(to: Self.positions)
    var observation = Observation(layers: 2)
    for layer in 0..<2 {
      observation.layers[layer].window = try array("window", heads: heads, layer: layer)
      guard heads == 2 else { continue }
      observation.layers[layer].received = try array("importance", heads: heads, layer: layer)
      observation.layers[layer].queries = try sums(layer: layer)
    }
    let all = Array(0..<Int32(Self.positions))
    records.add(observation, positions: [all, all])
    return RetentionContext(
      budget: try Budget(keep), segments: all.map { _ in .user }, needs: policy.needs,
      records: records, recent: 1, ranking: LazyRanking(records.importance)
    ) { [arrays] layer, part in
      try arrays.floats("\(heads).\(layer).\(part == .keys ? "keys" : "values")")
    }
  }

  /// `local` has scores of zero and one for one budget only; at another the choice is not theirs.
  @Test(arguments: [
    ("keydiff", 0.5), ("keydiff", 0.25), ("expected-attention", 0.5), ("expected-attention", 0.25),
    ("local", 0.5),
  ])
  func theSameEntriesStay(name: String, keep: Double) throws {
    let policy = try RetentionPolicies.named(name)
    let plan = try policy.plan(context(heads: 2, keep: keep, policy))
    #expect(plan.kept == kept[name]?["\(keep)"], "\(name) at \(keep)")
  }

  @Test func scoresAreTheirs() throws {
    let moments = try context(heads: 2, keep: 0.5, ExpectedAttentionPolicy()).queryMoments
    for layer in 0..<2 {
      func expected(_ name: String) throws -> [Float] {
        try array("score." + name, heads: 2, layer: layer)
      }
      let keys = try array("keys", heads: 2, layer: layer)
      // kvpress scores by the cosine's negative.
      expectClose(
        KeyDiffPolicy.scores(keys, headDim: Self.width, positions: Self.positions).map { $0 - 1 },
        try expected("keydiff"), absolute: 1e-6, "keydiff, layer \(layer)")
      expectClose(
        PrefixKVMeanPolicy.means(try array("importance", heads: 2, layer: layer)),
        try expected("prefixkv-mean"), absolute: 1e-6, "mean attention, layer \(layer)")
      let scores = ExpectedAttentionPolicy.scores(
        keys: keys, values: try array("values", heads: 2, layer: layer), queries: moments,
        layer: layer, positions: Self.positions)
      // kvpress gives the sinks one more than the largest, we give them the largest.
      expectClose(
        Array(scores.dropFirst(QueryMoments.sinks)),
        Array(try expected("expected-attention").dropFirst(QueryMoments.sinks)), absolute: 1e-5,
        "expected attention, layer \(layer)")
    }
  }

  /// SnapKV's maximum over neighbours makes ties, which kvpress breaks at random; and it takes no
  /// neighbours from the window itself, where we do. Everything else is the same. (Below half of 64
  /// entries kvpress keeps the whole window, we keep half of what is kept.)
  @Test func theWindowChoosesTheSameButForTiesAndItsBorder() throws {
    let policy = SnapKVPolicy()
    let context = try context(heads: 1, keep: 0.5, policy)
    let plan = policy.plan(context)
    let before = Self.positions - RetentionController.observationWindow
    for layer in 0..<2 {
      let pooled = RetentionContext.maximum(over: 7, of: context.window.rows[layer])
      let expected = try array("score.snapkv", heads: 1, layer: layer)
      let scale = Float(RetentionController.observationWindow)
      expectClose(
        pooled[..<(before - 3)].map { $0 / scale }, Array(expected[..<(before - 3)]),
        absolute: 1e-6, "layer \(layer)")
      let theirs = try #require(kept["snapkv"]?["0.5"]?[layer])
      #expect(plan.kept[layer].count == theirs.count)
      // The first stays whatever its score.
      let least = theirs.dropFirst().map { expected[Int($0)] }.min() ?? 0
      for position in Set(plan.kept[layer]).symmetricDifference(theirs) {
        let isTie = expected[Int(position)] == least
        #expect(isTie || (before - 3..<before).contains(Int(position)), "\(position)")
      }
    }
  }
}
