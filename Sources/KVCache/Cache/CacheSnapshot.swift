/// How much one layer retains at one moment.
public struct LayerRetention: Sendable, Equatable {
  /// Entries of the system text that the layer holds.
  public var system: Int
  /// Entries of the picture that the layer holds.
  public var image: Int
  /// Entries of questions that the layer holds.
  public var user: Int
  /// Entries of answers that the layer holds.
  public var assistant: Int
  /// Positions seen so far, the same for every layer.
  public var seen: Int

  package init(system: Int, image: Int, user: Int, assistant: Int, seen: Int) {
    self.system = system
    self.image = image
    self.user = user
    self.assistant = assistant
    self.seen = seen
  }

  /// Entries that the layer holds.
  public var retained: Int { system + image + user + assistant }
  /// Entries that the layer holds and that are not the picture's.
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

  package init(
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
  /// Wall time of planning and moving.
  public var duration: Duration
  /// Entries that left memory, summed over layers.
  public var evicted: Int
  /// Entries that came back from the spill file, summed over layers.
  public var restored: Int
  /// Bytes written to and read from the spill file.
  public var bytesMoved: Int
  /// Something the user should know, for example that a missing configuration was interpolated.
  public var note: String?

  /// The report of a change that moved nothing.
  static let nothing = ReconfigurationReport(
    duration: .zero, evicted: 0, restored: 0, bytesMoved: 0, note: nil)

  package init(duration: Duration, evicted: Int, restored: Int, bytesMoved: Int, note: String?) {
    self.duration = duration
    self.evicted = evicted
    self.restored = restored
    self.bytesMoved = bytesMoved
    self.note = note
  }
}
