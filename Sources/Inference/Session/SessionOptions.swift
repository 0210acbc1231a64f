import KVCache

/// How a sequence begins: what its cache keeps, and in which form.
public struct SessionOptions: Sendable {
  public var policy: any RetentionPolicy
  public var budget: Budget
  public var cachePrecision: CachePrecision
  public var positionRule: PositionRule
  /// Whether evicted entries wait in a file, from which a larger budget brings them back.
  public var spills: Bool

  public init(
    policy: any RetentionPolicy, budget: Budget = .full, cachePrecision: CachePrecision = .f16,
    positionRule: PositionRule = .true, spills: Bool = false
  ) {
    self.policy = policy
    self.budget = budget
    self.cachePrecision = cachePrecision
    self.positionRule = positionRule
    self.spills = spills
  }
}

extension LlavaModel {
  /// A new sequence on this model with a cache of its own: the only place where model, cache and
  /// retention policy are joined.
  ///
  /// - Throws: `CacheError` when no cache can hold entries of this model's size.
  public func session(_ options: SessionOptions) throws -> InferenceSession {
    let cache = KeyValueCache(
      shape: try cacheShape(options.cachePrecision), spill: options.spills)
    return InferenceSession(
      model: self,
      retention: RetentionController(
        cache: cache, policy: options.policy, budget: options.budget),
      positionRule: options.positionRule)
  }

  /// Sizes of a cache for this model.
  ///
  /// - Throws: `CacheError` when no cache can hold entries of this model's size.
  public func cacheShape(_ precision: CachePrecision) throws -> CacheShape {
    let text = configuration.text
    return try CacheShape(
      layers: text.layers, kvHeads: text.kvHeads, headDim: text.headDim, precision: precision)
  }
}
