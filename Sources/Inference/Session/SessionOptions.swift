import KVCache

/// How a sequence begins: what its cache keeps, and in which form.
public struct SessionOptions: Sendable {
  /// The policy that chooses which entries are kept.
  public var policy: any RetentionPolicy
  /// How much of the cache is kept.
  public var budget: Budget
  /// How the cache stores its entries.
  public var cachePrecision: CachePrecision
  /// Which rotary position a decoded token gets.
  public var positionRule: PositionRule
  /// What is recorded beyond the policy's own needs: for panels that show it, and for policies that
  /// may be chosen later in the same conversation.
  public var recording: Set<RetentionNeed>
  /// Whether evicted entries are saved in a file, from which a larger budget restores them.
  public var spills: Bool
  /// Whether later prompts attend to what is in that file: see `RetentionOptions.recalls`.
  public var recalls = true
  /// The most positions that the sequence may come to have; nil for all of the model's context.
  /// Some models rotate keys differently in long sequences (longrope), so this must be known before
  /// the first key is stored.
  public var reach: Int?

  /// By default everything is kept, in f16.
  public init(
    policy: any RetentionPolicy, budget: Budget = .full, cachePrecision: CachePrecision = .f16,
    positionRule: PositionRule = .true, recording: Set<RetentionNeed> = [], spills: Bool = false,
    reach: Int? = nil
  ) {
    self.policy = policy
    self.budget = budget
    self.cachePrecision = cachePrecision
    self.positionRule = positionRule
    self.recording = recording
    self.spills = spills
    self.reach = reach
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
        cache: cache, policy: options.policy, budget: options.budget,
        options: RetentionOptions(recording: options.recording, recalls: options.recalls)),
      positionRule: options.positionRule, reach: options.reach ?? configuration.text.context)
  }

  /// The positions that a prompt and its longest answer may come to have: never more than the context.
  package func reach(prompt: Int, answer: Int) -> Int {
    prompt + min(answer, max(0, configuration.text.context - prompt))
  }

  /// Checks that the context has room for a sequence of `needed` positions.
  ///
  /// - Throws: `ModelError.contextFull`.
  package func requireContext(for needed: Int) throws {
    let context = configuration.text.context
    guard needed <= context else { throw ModelError.contextFull(needed: needed, context: context) }
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
