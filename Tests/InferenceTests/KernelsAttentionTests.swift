import CKernels
import Foundation
import KVCache
import TestSupport
import Testing

@testable import Inference

/// One layer of a cache for tests: `[kvHeads, capacity, headDim]`, filled with small numbers that
/// every precision holds nearly exactly.
private final class TestCache {
  let (kvHeads, headDim, length, capacity): (Int, Int, Int, Int)
  let precision: CachePrecision
  private(set) var keys: [Float]
  private(set) var values: [Float]
  private var keyBytes: [UInt8] = []
  private var valueBytes: [UInt8] = []

  init(
    kvHeads: Int, headDim: Int, length: Int, precision: CachePrecision,
    numbers: inout SeededNumbers
  ) {
    (self.kvHeads, self.headDim, self.length, capacity) = (kvHeads, headDim, length, length + 3)
    self.precision = precision
    let count = kvHeads * capacity * headDim
    let (most, unit) = Self.numbers(precision)
    keys = numbers.floats(count).map { ($0 * most).rounded() / unit }
    values = numbers.floats(count).map { ($0 * most).rounded() / unit }
    // A block's number of largest magnitude settles its scale, which is to be 1 / unit.
    for block in stride(from: 0, to: count, by: 32) where precision.blockSize == 32 {
      let largest: Float = precision == .q8_0 ? 127 : -8
      keys[block] = largest / unit
      values[block] = largest / unit
    }
    keyBytes = encode(keys)
    valueBytes = encode(values)
  }

  /// The largest number and the step, so that all are exact: f16 has 11 bits, q8_0 8 and q4_0 4.
  private static func numbers(_ precision: CachePrecision) -> (most: Float, unit: Float) {
    precision == .q8_0 ? (126, 64) : precision == .q4_0 ? (7, 4) : (1000, 512)
  }

  /// What the kernels read, written down here a second time.
  private func encode(_ floats: [Float]) -> [UInt8] {
    let unit = Self.numbers(precision).unit
    func blocks(_ numbers: ([Int]) -> [UInt8]) -> [UInt8] {
      stride(from: 0, to: floats.count, by: 32).flatMap { block in
        withUnsafeBytes(of: Float16(1 / unit), Array.init)
          + numbers(floats[block..<block + 32].map { Int($0 * unit) })
      }
    }
    switch precision {
    case .f32: return floats.flatMap { withUnsafeBytes(of: $0, Array.init) }
    case .f16: return floats.flatMap { withUnsafeBytes(of: Float16($0), Array.init) }
    case .q8_0: return blocks { $0.map { UInt8(bitPattern: Int8($0)) } }
    case .q4_0: return blocks { q in (0..<16).map { UInt8(q[$0] + 8 | (q[$0 + 16] + 8) << 4) } }
    default: preconditionFailure("no numbers are exact in \(precision) here")
    }
  }

  func withView<Result>(_ body: (LayerView) -> Result) -> Result {
    let entry = precision.bytes(count: headDim)
    return keyBytes.withUnsafeMutableBytes { keys in
      valueBytes.withUnsafeMutableBytes { values in
        body(
          LayerView(
            keys: keys.baseAddress!, values: values.baseAddress!, length: length,
            headStride: entry * capacity, entryStride: entry, precision: precision))
      }
    }
  }

  func textbook(
    _ q: [Float], n: Int, heads: Int, window: Int, firstVisible: [Int]? = nil
  ) -> Textbook.Attention {
    Textbook.causalAttention(
      q: q, n: n, heads: heads, keys: keys, values: values, kvHeads: kvHeads, capacity: capacity,
      length: length, headDim: headDim, window: window, firstVisible: firstVisible)
  }
}

/// Heads, key/value heads, head size.
struct HeadShape: Sendable, CustomStringConvertible {
  let (heads, kvHeads, headDim): (Int, Int, Int)
  var description: String { "\(heads)/\(kvHeads) heads of \(headDim)" }

  static let all = [
    HeadShape(heads: 2, kvHeads: 2, headDim: 16), HeadShape(heads: 6, kvHeads: 2, headDim: 32),
    HeadShape(heads: 3, kvHeads: 1, headDim: 128), HeadShape(heads: 9, kvHeads: 1, headDim: 48),
  ]
}

@Suite struct KernelsAttentionTests {
  private func cases(_ shape: HeadShape) -> [CachePrecision] {
    CachePrecision.allCases.filter { shape.headDim % $0.blockSize == 0 }
  }

  /// With 1100 entries of 128 columns the floats of all are more than several blocks share.
  @Test(arguments: HeadShape.all, [(1, 1), (5, 5), (7, 40), (70, 133), (33, 1100)])
  func prefillMatchesTheTextbook(shape: HeadShape, counts: (n: Int, length: Int)) {
    // Tile registers multiply with 16 bits of significand.
    prefillMatchesTheTextbook(shape: shape, counts: counts, rounded: false, amxTolerance: 4e-5)
    // Queries and probabilities have 8 of them: 1.3e-3 of values up to 2.
    prefillMatchesTheTextbook(shape: shape, counts: counts, rounded: true, amxTolerance: 2e-3)
  }

  /// The first visible entry moves on by one, by several (where entries were evicted), and not at all.
  @Test(arguments: HeadShape.all, [(5, 5), (7, 40), (70, 133), (90, 300)])
  func windowsHideWhatIsFarBack(shape: HeadShape, counts: (n: Int, length: Int)) {
    let (n, length) = counts
    let first = (0..<n).map { query in
      max(0, (length - n) / 2 + query + (query > n / 2 ? 9 : 0) - (query % 3) - 3)
    }.reduce(into: [Int]()) { $0.append(max($0.last ?? 0, $1)) }
    let visible = first.enumerated().map { min($1, length - n + $0) }
    prefillMatchesTheTextbook(
      shape: shape, counts: counts, rounded: false, amxTolerance: 4e-5, firstVisible: visible)
  }

  private func prefillMatchesTheTextbook(
    shape: HeadShape, counts: (n: Int, length: Int), rounded: Bool, amxTolerance: Float,
    firstVisible: [Int]? = nil
  ) {
    var numbers = SeededNumbers(7)
    let (n, length) = counts
    for precision in cases(shape) {
      let cache = TestCache(
        kvHeads: shape.kvHeads, headDim: shape.headDim, length: length, precision: precision,
        numbers: &numbers)
      let q = numbers.floats(n * shape.heads * shape.headDim)
      let expected = cache.textbook(
        q, n: n, heads: shape.heads, window: 3, firstVisible: firstVisible)
      for pool in kernelPools {
        var out = [Float](repeating: 0, count: q.count)
        var sums = [Float](repeating: 0, count: length)
        var window = sums
        cache.withView { view in
          window.withUnsafeMutableBufferPointer { window in
            Attention.prefill(
              q: q, n: n, heads: shape.heads, view: view, firstVisible: firstVisible,
              kvHeads: shape.kvHeads, headDim: shape.headDim, rounded: rounded, out: &out,
              columnSums: &sums,
              window: (rows: 3, sums: window.baseAddress!), pool: pool)
          }
        }
        let place: Comment =
          "\(precision), \(pool.instructions), \(pool.threads) threads, rounded: \(rounded)"
        let tolerance = pool.instructions == .amx && precision != .f32 ? amxTolerance : 1e-5
        #expect(largestDifference(out, expected.output) < tolerance, place)
        #expect(largestDifference(sums, expected.columnSums) < 2 * tolerance, place)
        #expect(largestDifference(window, expected.windowSums) < tolerance, place)
      }
    }
  }

  @Test(arguments: HeadShape.all, [1, 31, 256, 700])
  func decodeMatchesTheTextbook(shape: HeadShape, length: Int) {
    var numbers = SeededNumbers(8)
    for precision in cases(shape) {
      let cache = TestCache(
        kvHeads: shape.kvHeads, headDim: shape.headDim, length: length, precision: precision,
        numbers: &numbers)
      var q = numbers.floats(shape.heads * shape.headDim)
      if precision == .q4_0 { Self.round(&q) }
      let expected = cache.textbook(q, n: 1, heads: shape.heads, window: 1)
      for pool in kernelPools {
        var out = [Float](repeating: 0, count: q.count)
        var attention = [Float](repeating: -1, count: length)
        cache.withView { view in
          Attention.decode(
            q: q, heads: shape.heads, view: view, kvHeads: shape.kvHeads, headDim: shape.headDim,
            out: &out, attention: &attention, pool: pool)
        }
        let place: Comment = "\(precision), \(pool.instructions), \(pool.threads) threads"
        #expect(largestDifference(out, expected.output) < 1e-5, place)
        #expect(largestDifference(attention, expected.columnSums) < 1e-6, place)
      }
    }
  }

  /// Makes blocks of 32 whole numbers of steps, from -127 to 127: decoding over q4_0 rounds queries to
  /// these.
  private static func round(_ q: inout [Float]) {
    for index in q.indices { q[index] = index % 32 == 0 ? 1 : (q[index] * 127).rounded() / 127 }
  }

  /// What rounding a query to bytes costs where its numbers are not whole: a softmax over scores that are
  /// off by half a percent of their spread, of values up to 2.
  @Test(arguments: HeadShape.all.filter { $0.headDim % 32 == 0 })
  func roundedQueriesAreCloseToExactOnes(shape: HeadShape) {
    var numbers = SeededNumbers(12)
    let cache = TestCache(
      kvHeads: shape.kvHeads, headDim: shape.headDim, length: 300, precision: .q4_0,
      numbers: &numbers)
    let q = numbers.floats(shape.heads * shape.headDim)
    let expected = cache.textbook(q, n: 1, heads: shape.heads, window: 1)
    for pool in kernelPools {
      var out = [Float](repeating: 0, count: q.count)
      cache.withView { view in
        Attention.decode(
          q: q, heads: shape.heads, view: view, kvHeads: shape.kvHeads, headDim: shape.headDim,
          out: &out, attention: nil, pool: pool)
      }
      #expect(largestDifference(out, expected.output) < 3e-3, "\(pool.instructions)")
    }
  }

  @Test(arguments: [(1, 16), (37, 16), (65, 64), (65, 80)], [true, false])
  func bidirectionalAttentionSeesEverything(shape: (n: Int, headDim: Int), exact: Bool) {
    let (n, headDim) = shape
    var numbers = SeededNumbers(9)
    let heads = 3
    let (q, k, v) = (
      numbers.floats(n * heads * headDim), numbers.floats(n * heads * headDim),
      numbers.floats(n * heads * headDim)
    )
    for pool in kernelPools {
      var out = [Float](repeating: 0, count: q.count)
      Attention.bidirectional(
        q: q, k: k, v: v, n: n, heads: heads, headDim: headDim, exact: exact, out: &out, pool: pool)
      for head in 0..<heads {
        for i in [0, n / 2, n - 1] {
          func element(_ x: [Float], _ row: Int, _ d: Int) -> Double {
            Double(x[(row * heads + head) * headDim + d])
          }
          let scores = (0..<n).map { j in
            exp(
              (0..<headDim).reduce(0.0) { $0 + element(q, i, $1) * element(k, j, $1) }
                / Double(headDim).squareRoot())
          }
          let total = scores.reduce(0, +)
          for d in 0..<headDim {
            let expected = (0..<n).reduce(0.0) { $0 + scores[$1] * element(v, $1, d) } / total
            #expect(abs(element(out, i, d) - expected) < (exact ? 1e-5 : 4e-5))
          }
        }
      }
    }
  }

  @Test func resultsAreTheSameForAnyNumberOfThreads() throws {
    var numbers = SeededNumbers(10)
    // One thread takes a head's rows as a whole, more cut them.
    let heads = 12
    let cache = TestCache(
      kvHeads: heads, headDim: 32, length: 600, precision: .f16, numbers: &numbers)
    let q = numbers.floats(300 * heads * 32)
    func results(_ threads: Int, rounded: Bool) throws -> [[Float]] {
      let pool = try ThreadPool(threads: threads)
      var out = [Float](repeating: 0, count: q.count)
      var sums = [Float](repeating: 0, count: 600)
      var (step, shares) = ([Float](repeating: 0, count: heads * 32), sums)
      cache.withView { view in
        Attention.prefill(
          q: q, n: 300, heads: heads, view: view, kvHeads: heads, headDim: 32, rounded: rounded,
          out: &out, columnSums: &sums, pool: pool)
        Attention.decode(
          q: q, heads: heads, view: view, kvHeads: heads, headDim: 32, out: &step,
          attention: &shares, pool: pool)
      }
      return [out, sums, step, shares]
    }
    for rounded in [false, true] {
      let single = try results(1, rounded: rounded)
      for threads in [2, 3, 5, 8, 64] { #expect(try results(threads, rounded: rounded) == single) }
    }
  }
}
