import KVCache

/// What the model attended to when it chose a token: the attention of the row before the token, which
/// predicted it, as a mean over heads and layers.
public struct TokenAttention: Sendable, Equatable {
  /// One position that was attended to.
  public struct Entry: Sendable, Equatable {
    public var position: Int
    /// Which part of the conversation it belongs to.
    public var segment: Segment
    /// Of all attention, in [0, 1].
    public var share: Double

    public init(position: Int, segment: Segment, share: Double) {
      self.position = position
      self.segment = segment
      self.share = share
    }
  }

  /// Where the token stands that was chosen.
  public var position: Int
  /// The most attended positions, `mostEntries` at most, in descending order.
  public var entries: [Entry]
  /// `[segments]` in the order of `Segment.allCases`: the attention that each part received. It adds up
  /// to 1. The rows that end the lines of a picture's tiles belong to the picture.
  public var shares: [Double]
  /// Whether every entry was what it was when the token was chosen.
  public var isExact: Bool

  public init(position: Int, entries: [Entry], shares: [Double], isExact: Bool) {
    self.position = position
    self.entries = entries
    self.shares = shares
    self.isExact = isExact
  }

  /// How much of the attention one part of the conversation received, in [0, 1].
  public func share(of segment: Segment) -> Double {
    let index = Int(segment.rawValue)
    return index < shares.count ? shares[index] : 0
  }
}

extension TokenAttention {
  /// Beyond the first hundred, the entries of a picture of 576 patches hold a few percent together.
  public static let mostEntries = 96

  /// Sums up one row's attention, which the cache must still hold all entries of.
  ///
  /// - Parameter observation: of a pass with one row, `received` in every layer.
  init(_ observation: Observation, over cache: KeyValueCache) {
    var means = [Double](repeating: 0, count: cache.seen)
    let weight = 1 / Double(max(1, observation.layers.count))
    for (layer, seen) in observation.layers.enumerated() {
      for (position, share) in zip(cache.positions(layer), seen.received) {
        means[Int(position)] += weight * Double(share)
      }
    }
    var shares = [Double](repeating: 0, count: Segment.allCases.count)
    for (segment, mean) in zip(cache.segments, means) { shares[Int(segment.rawValue)] += mean }
    let attended = means.indices.filter { means[$0] > 0 }
      .sorted { (means[$1], $0) < (means[$0], $1) }
    self.init(
      position: cache.seen,
      entries: attended.prefix(Self.mostEntries).map {
        Entry(position: $0, segment: cache.segments[$0], share: means[$0])
      }, shares: shares, isExact: true)
  }
}
