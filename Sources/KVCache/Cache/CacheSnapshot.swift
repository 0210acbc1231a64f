/// How much one layer retains at one moment.
public struct LayerRetention: Sendable, Equatable {
  /// Entries the layer holds, by segment. Their sum is `retained`.
  public var system: Int
  public var image: Int
  public var user: Int
  public var assistant: Int
  /// Positions seen so far, the same for every layer.
  public var seen: Int

  public init(system: Int, image: Int, user: Int, assistant: Int, seen: Int) {
    self.system = system
    self.image = image
    self.user = user
    self.assistant = assistant
    self.seen = seen
  }

  public var retained: Int { system + image + user + assistant }
  public var text: Int { system + user + assistant }
  /// Retained share in [0, 1]; 1 before anything was seen.
  public var share: Double { seen == 0 ? 1 : Double(retained) / Double(seen) }
}

/// What the cache holds at one moment: the source of the layers, budget and memory panels.
public struct CacheSnapshot: Sendable, Equatable {
  /// `[layers]`
  public var layers: [LayerRetention]
  /// The budget asked for: kept share of all entries over all layers, in (0, 1].
  public var budget: Double
  /// Registered name of the retention policy.
  public var policy: String
  /// PrefixKV's cumulative-importance threshold p in [0, 1]; nil for policies that have none.
  public var threshold: Double?
  /// Bytes of the retained entries.
  public var bytesKept: Int
  /// Bytes the same positions take when nothing is evicted.
  public var bytesFull: Int
  /// Bytes of evicted entries in the spill file.
  public var bytesSpilled: Int
  /// Bytes the cache has mapped right now (retained entries plus unused capacity).
  public var bytesResident: Int

  public init(
    layers: [LayerRetention], budget: Double, policy: String, threshold: Double?, bytesKept: Int,
    bytesFull: Int, bytesSpilled: Int, bytesResident: Int
  ) {
    self.layers = layers
    self.budget = budget
    self.policy = policy
    self.threshold = threshold
    self.bytesKept = bytesKept
    self.bytesFull = bytesFull
    self.bytesSpilled = bytesSpilled
    self.bytesResident = bytesResident
  }
}

/// What one change of budget or policy did and cost.
public struct ReconfigurationReport: Sendable, Equatable {
  public var duration: Duration
  /// Entries moved to and read back from the spill file, summed over layers.
  public var evicted: Int
  public var restored: Int
  public var bytesMoved: Int
  /// Something the user should know, for example that a missing configuration was interpolated.
  public var note: String?

  public init(duration: Duration, evicted: Int, restored: Int, bytesMoved: Int, note: String?) {
    self.duration = duration
    self.evicted = evicted
    self.restored = restored
    self.bytesMoved = bytesMoved
    self.note = note
  }
}
