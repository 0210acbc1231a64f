import Basics
import Foundation
import KVCache
import TestSupport
import Testing

@testable import Inference

/// What the forward pass tells a retention policy.
@Suite struct ObservationTests {
  /// Keeps everything and hands on what it sees.
  struct WatchingPolicy: RetentionPolicy {
    let name = "watching"
    let summary = "keeps everything"
    let needs: Set<RetentionNeed>
    let look: @Sendable (RetentionContext) -> Void

    func plan(_ context: RetentionContext) -> RetentionPlan {
      look(context)
      let all = Array(0..<Int32(context.positions))
      return RetentionPlan(kept: Array(repeating: all, count: context.layers))
    }
  }

  final class Seen: @unchecked Sendable {
    var window: [[Float]] = []
    var chosen: [[Float]] = []
    var others: [[Float]] = []
    var importance: [[Float]] = []
    var secondPass: [[Float]] = []
    var moments: QueryMoments?
  }

  let model: LlavaModel

  init() throws { model = try EngineOracleTests.model("tiny-gqa/hf") }

  /// Tokens without meaning; the last `last` belong to the user, the others to the system.
  func prompt(_ count: Int, last: Int) -> Prompt {
    Prompt(
      tokens: (0..<count).map { .token(3 + $0 * 7 % 200) },
      segments: (0..<count).map { $0 < count - last ? .system : .user })
  }

  func prefill(
    _ prompt: Prompt, _ needs: Set<RetentionNeed>,
    look: @escaping @Sendable (RetentionContext) -> Void
  )
    throws -> Prefill
  {
    let session = try model.session(
      SessionOptions(policy: WatchingPolicy(needs: needs, look: look), cachePrecision: .f32))
    return try session.prefill(prompt, image: nil)
  }

  /// A prompt goes through the decoder in chunks of 1024 rows; the window is its last 32 rows
  /// whether or not a chunk ends among them.
  @Test(arguments: [20, 1023, 1024, 1025, 1056])
  func windowIsTheLastRowsOfThePromptWhereverChunksEnd(count: Int) throws {
    let rows = min(32, count)
    let seen = Seen()
    let text: Set<Segment> = [.user]
    _ = try prefill(prompt(count, last: rows), [.window, .attention(from: text)]) {
      seen.window = $0.window.rows
      seen.chosen = $0.attention(from: text).rows
    }
    #expect(seen.window.count == model.configuration.text.layers)
    for (layer, window) in seen.window.enumerated() {
      // Each row's attention adds up to 1.
      #expect(abs(window.reduce(0, +) - Float(rows)) < 1e-2, "layer \(layer)")
      expectClose(window, seen.chosen[layer], absolute: 1e-3, "layer \(layer) of \(count)")
    }
  }

  @Test func attentionFromSegmentsAddsUpToTheImportance() throws {
    let seen = Seen()
    let plain = try prefill(prompt(300, last: 120), [.importance]) {
      seen.importance = $0.importance.rows
    }
    let (system, text): (Set<Segment>, Set<Segment>) = ([.system], [.user])
    let apart = try prefill(
      prompt(300, last: 120), [.attention(from: system), .attention(from: text)]
    ) {
      seen.chosen = $0.attention(from: text).rows
      seen.others = $0.attention(from: system).rows
    }
    for layer in seen.importance.indices {
      let sum = zip(seen.chosen[layer], seen.others[layer]).map(+)
      expectClose(sum, seen.importance[layer], absolute: 1e-3, "layer \(layer)")
      #expect(abs(seen.chosen[layer].reduce(0, +) - 120) < 1e-2)
    }
    expectClose(apart.logits, plain.logits, absolute: 1e-3, "logits")
  }

  @Test func secondPassSeesEveryPositionAndLeavesNoTrace() throws {
    let seen = Seen()
    let plain = try prefill(prompt(200, last: 100), []) { _ in }
    let session = try model.session(
      SessionOptions(
        policy: WatchingPolicy(needs: [.secondPass]) { seen.secondPass = $0.secondPass.rows },
        cachePrecision: .f32))
    var progress: [(done: Int, total: Int)] = []
    let twice = try session.prefill(prompt(200, last: 100), image: nil) {
      progress.append(($0, $1))
    }
    #expect(twice.logits == plain.logits)
    #expect(twice.report.note == nil)
    #expect(session.cache.seen == 200)
    #expect(seen.secondPass.allSatisfy { $0.count == 200 && $0.allSatisfy { 0 < $0 && $0 <= 1 } })
    #expect(progress.map(\.done) == progress.map(\.done).sorted())
    #expect(try #require(progress.last).done == progress.last?.total)
  }

  @Test func secondPassWithoutRoomInTheContextIsAnnounced() throws {
    let long = model.configuration.text.context / 2 + 1
    let prefill = try prefill(prompt(long, last: 1), [.secondPass]) { _ in }
    #expect(try #require(prefill.report.note).contains("a second pass over the prompt"))
  }

  @Test func queryMomentsLeaveTheFirstPositionsOut() throws {
    let seen = Seen()
    _ = try prefill(prompt(50, last: 10), [.queryMoments]) { seen.moments = $0.queryMoments }
    let moments = try #require(seen.moments)
    let text = model.configuration.text
    #expect(moments.count == 50 - QueryMoments.sinks)
    #expect(moments.heads == text.heads && moments.headDim == text.headDim)
    #expect(moments.frequencies.first == 1 && moments.frequencies.count == text.headDim / 2)
    for head in 0..<text.heads {
      let mean = moments.mean(layer: 1, head: head)
      let second = moments.secondMoment(layer: 1, head: head)
      // Variances are not negative, and the matrix is symmetric.
      for i in mean.indices {
        #expect(second[i * text.headDim + i] >= mean[i] * mean[i] * 0.999)
        #expect(second[i * text.headDim] == second[i])
      }
    }
  }

  @Test func querySumsAreThoseOfTheChosenRows() throws {
    // Three rows of one head of two elements; the first row is left out.
    let queries: [Float] = [9, 9, 1, 2, 3, 4]
    let sums = QuerySums(
      queries, rows: 1..<3, heads: 1, headDim: 2, frequencies: [1],
      pool: try ThreadPool(threads: 1))
    #expect(
      sums == QuerySums(count: 2, sums: [4, 6], products: [10, 14, 14, 20], frequencies: [1]))
  }

  /// Two query heads over one key head, three old entries and two new rows, against plain loops.
  @Test(arguments: [0..<2, 1..<2]) func largestAttentionIsTakenOverHeadsAndRows(
    rows: Range<Int>
  ) throws {
    let (heads, headDim, length, count) = (2, 8, 5, 2)
    var random = SplitMix64(seed: 3)
    func floats(_ count: Int) -> [Float] { (0..<count).map { _ in Float(random.unit() * 4 - 2) } }
    let cache = KeyValueCache(
      shape: try CacheShape(layers: 1, kvHeads: 1, headDim: headDim, precision: .f32), spill: false)
    let keys = floats(length * headDim)
    cache.extend(count: length, segment: .user)
    cache.append(layer: 0, keys: keys, values: floats(length * headDim), count: length)
    let queries = floats(count * heads * headDim)

    var request = ObservationRequest()
    request.largestRows = rows
    let step = SequenceStep(
      cache: cache, angles: RotaryAngles(positions: 3..<5, headDim: headDim, frequencies: []),
      phase: .prefill, observing: request)
    var observed = Observation.Layer()
    var out = [Float](repeating: 0, count: queries.count)
    SequenceAttention(
      step: step, view: cache.view(0), firstVisible: nil, heads: heads, kvHeads: 1,
      headDim: headDim, rounded: false,
      pool: try ThreadPool(threads: 2)
    ).run(query: queries, into: &out, observed: &observed)

    var expected = [Float](repeating: 0, count: length)
    for row in rows {
      for head in 0..<heads {
        let visible = length - count + row + 1
        let query = queries[((row * heads + head) * headDim)...].prefix(headDim)
        let scores = (0..<visible).map { entry -> Double in
          let key = keys[(entry * headDim)...].prefix(headDim)
          return exp(Double(zip(query, key).map(*).reduce(0, +)) / Double(headDim).squareRoot())
        }
        let total = scores.reduce(0, +)
        for entry in 0..<visible {
          expected[entry] = max(expected[entry], Float(scores[entry] / total))
        }
      }
    }
    expectClose(observed.largest, expected, absolute: 1e-5, "largest attention")
    #expect(observed.received.isEmpty && observed.window.isEmpty && observed.queries == nil)
  }
}
