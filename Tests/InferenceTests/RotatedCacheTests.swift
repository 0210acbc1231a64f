import KVCache
import TestSupport
import Testing

@testable import Inference

/// Attention over a cache that stores rotated vectors, from what goes into it to what comes out.
@Suite struct RotatedCacheTests {
  private let heads = 3
  private let headDim = 64
  private let length = 40

  /// Attention of the last `count` positions, and what its definition gives over the vectors that the
  /// cache hands to policies.
  private func outputs(
    _ precision: CachePrecision, count: Int, phase: SequenceStep.Phase
  ) throws -> (found: [Float], expected: [Float]) {
    var numbers = SeededNumbers(5)
    let cache = KeyValueCache(
      shape: try CacheShape(layers: 1, kvHeads: 1, headDim: headDim, precision: precision),
      spill: false)
    cache.extend(count: length, segment: .user)
    // A dimension in 16 is ten times as large as the others.
    func vectors() -> [Float] {
      numbers.floats(length * headDim).enumerated().map { $0 % 16 == 3 ? $1 * 10 : $1 }
    }
    cache.append(layer: 0, keys: vectors(), values: vectors(), count: length)
    var queries = numbers.floats(count * heads * headDim)
    let expected = Textbook.causalAttention(
      q: queries, n: count, heads: heads, keys: try cache.floats(layer: 0, .keys),
      values: try cache.floats(layer: 0, .values), kvHeads: 1, capacity: length, length: length,
      headDim: headDim, window: 1, firstVisible: nil)
    if precision.isRotated { CachePrecision.rotate(&queries, count: queries.count) }
    let step = SequenceStep(
      cache: cache,
      angles: RotaryAngles(
        positions: length - count..<length, headDim: headDim, frequencies: []),
      phase: phase, observing: ObservationRequest())
    var observed = Observation.Layer()
    var out = [Float](repeating: 0, count: queries.count)
    SequenceAttention(
      step: step, view: cache.view(0), firstVisible: nil, heads: heads, kvHeads: 1,
      headDim: headDim, rounded: false, pool: try ThreadPool(threads: 2)
    ).run(query: queries, into: &out, observed: &observed)
    if precision.isRotated { CachePrecision.rotate(&out, count: out.count) }
    return (out, expected.output)
  }

  @Test(arguments: CachePrecision.allCases)
  func outputsAreThoseOverTheVectorsThatPoliciesSee(precision: CachePrecision) throws {
    // Values are up to 10. Tile registers have 16 bits of significand, and decoding over q4_0 rounds
    // queries to bytes; without one of the rotations outputs would be off by more than 1.
    let prompt = try outputs(precision, count: 7, phase: .prefill)
    #expect(largestDifference(prompt.found, prompt.expected) < 5e-3)
    let token = try outputs(precision, count: 1, phase: .decode)
    #expect(largestDifference(token.found, token.expected) < (precision == .q4_0 ? 0.1 : 1e-4))
  }

  /// Vectors with outliers come back with a smaller error than the same blocks without rotation have.
  @Test func rotationSpreadsOutliers() {
    var numbers = SeededNumbers(6)
    let vector = numbers.floats(512).enumerated().map { $0 % 32 == 3 ? $1 * 20 : $1 }
    func error(_ back: [Float]) -> Float {
      zip(vector, back).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
    func stored(_ x: [Float]) -> [Float] {
      var bytes = [UInt8](repeating: 0, count: x.count / 32 * 18)
      var back = [Float](repeating: 0, count: x.count)
      ElementType.q4_0.encode(x, count: x.count, into: &bytes)
      ElementType.q4_0.decode(bytes, count: x.count, into: &back)
      return back
    }
    var rotated = vector
    CachePrecision.rotate(&rotated, count: rotated.count)
    var back = stored(rotated)
    CachePrecision.rotate(&back, count: back.count)
    #expect(error(back) < error(stored(vector)) / 2)
  }
}
