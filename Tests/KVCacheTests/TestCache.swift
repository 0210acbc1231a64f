import Basics
@testable import KVCache

/// A conversation without a model: entries and attention made up from a seed, so that every byte
/// that belongs to a position can be told again.
struct TestConversation {
  let shape: CacheShape
  let cache: KeyValueCache
  let controller: RetentionController
  var random: SplitMix64

  init(
    layers: Int = 3, kvHeads: Int = 2, headDim: Int = 4, precision: CachePrecision = .f32,
    policy: any RetentionPolicy = PrefixKVPolicy(), budget: Double = 1, spill: Bool = true,
    seed: UInt64 = 1
  ) throws {
    shape = try CacheShape(
      layers: layers, kvHeads: kvHeads, headDim: headDim, precision: precision)
    cache = KeyValueCache(shape: shape, spill: spill)
    controller = RetentionController(
      cache: cache, policy: policy, budget: try Budget(budget),
      options: RetentionOptions(recording: RetentionNeed.cheap))
    random = SplitMix64(seed: seed)
  }

  init(cache: KeyValueCache, controller: RetentionController) {
    shape = cache.shape
    self.cache = cache
    self.controller = controller
    random = SplitMix64(seed: 7)
  }

  func append(_ count: Int, segment: Segment) {
    let width = shape.kvHeads * shape.headDim
    let first = cache.seen
    cache.extend(count: count, segment: segment)
    for layer in 0..<shape.layers {
      // No other vector has these values.
      let keys = (0..<count * width).map { index in
        Float(first + index / width) + Float(layer) / 8 + Float(index % width) / 256
      }
      cache.append(layer: layer, keys: keys, values: keys.map { -$0 }, count: count) {
        pieces, piece in (0..<pieces).reversed().forEach(piece)
      }
    }
  }

  /// A prompt of `count` positions; importance is random unless given as `[layers][slots]`.
  @discardableResult
  mutating func prompt(_ count: Int, segment: Segment = .user, scores: [[Float]]? = nil) throws
    -> ReconfigurationReport
  {
    append(count, segment: segment)
    var observation = Observation(layers: shape.layers)
    for layer in 0..<shape.layers {
      observation.layers[layer].received = scores?[layer] ?? attention(layer)
      observation.layers[layer].window = attention(layer)
    }
    controller.record(prompt: observation)
    return try controller.promptCompleted()
  }

  /// One decoded token.
  mutating func step() throws {
    append(1, segment: .assistant)
    if controller.recordsDecodedTokens {
      var observation = Observation(layers: shape.layers)
      for layer in 0..<shape.layers { observation.layers[layer].received = attention(layer) }
      controller.record(decoded: observation)
    }
    try controller.stepCompleted()
  }

  /// A few large values, many small ones.
  private mutating func attention(_ layer: Int) -> [Float] {
    (0..<cache.length(layer)).map { _ in
      let uniform = Float(random.next() >> 40) / 0x1p24
      return uniform * uniform * uniform * uniform
    }
  }
}

extension KeyValueCache {
  /// K then V of one slot as the kernels see them: `[2, kvHeads, vectorBytes]`.
  func bytes(layer: Int, slot: Int) -> [UInt8] { bytes(view(layer), slot: slot) }

  /// The same of a view of a layer of this shape.
  func bytes(_ view: LayerView, slot: Int) -> [UInt8] {
    [view.keys, view.values].flatMap { base in
      (0..<shape.kvHeads).flatMap { head in
        let start = base + head * view.headStride + slot * view.entryStride
        return Array(UnsafeRawBufferPointer(start: start, count: shape.vectorBytes))
      }
    }
  }

  /// Everything the cache holds: `[layers][entries]` positions and bytes.
  var content: [[Int32: [UInt8]]] {
    (0..<shape.layers).map { layer in
      Dictionary(
        uniqueKeysWithValues: positions(layer).enumerated().map {
          ($1, bytes(layer: layer, slot: $0))
        })
    }
  }
}
