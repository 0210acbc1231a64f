/// Which entries every layer holds at one moment: what a screen needs to draw them one by one.
public struct CacheEntries: Sendable, Equatable {
  /// Neighbouring positions of one segment.
  public struct Run: Sendable, Equatable {
    /// Which part of the conversation they belong to.
    public var segment: Segment
    /// Never empty.
    public var positions: Range<Int>

    package init(segment: Segment, positions: Range<Int>) {
      self.segment = segment
      self.positions = positions
    }
  }

  /// The whole sequence, ascending and without gaps.
  public var runs: [Run]
  /// `[layers]`: the positions whose entries the layer holds.
  public var kept: [PositionSet]
  /// `[layers, positions]`: attention received; nil when nobody asked for it.
  public var importance: Importance?

  package init(runs: [Run], kept: [PositionSet], importance: Importance?) {
    self.runs = runs
    self.kept = kept
    self.importance = importance
  }

  /// Positions seen so far.
  public var positions: Int { runs.last?.positions.upperBound ?? 0 }

  /// The positions of the pictures, in the order of their rows.
  public var imagePositions: [Int] {
    runs.filter { $0.segment == .image }.flatMap { Array($0.positions) }
  }
}

/// What is to be told of the cache's entries, beside what a snapshot says.
public struct CacheWatch: OptionSet, Sendable, Hashable {
  public let rawValue: Int

  public init(rawValue: Int) { self.rawValue = rawValue }

  /// The entries that every layer holds.
  public static let kept = CacheWatch(rawValue: 1)
  /// The attention that every position received; with it comes `kept`.
  public static let importance = CacheWatch(rawValue: 2)
}

extension RetentionController {
  /// The entries of the cache right now.
  ///
  /// - Parameter watch: what is wanted; nil comes back when that is nothing.
  public func entries(_ watch: CacheWatch) -> CacheEntries? {
    guard !watch.isEmpty else { return nil }
    let seen = cache.seen
    var runs: [CacheEntries.Run] = []
    for (position, segment) in cache.segments.enumerated() {
      if let last = runs.last, last.segment == segment {
        runs[runs.count - 1].positions = last.positions.lowerBound..<position + 1
      } else {
        runs.append(.init(segment: segment, positions: position..<position + 1))
      }
    }
    return CacheEntries(
      runs: runs,
      kept: (0..<cache.shape.layers).map { PositionSet(cache.positions($0), count: seen) },
      importance: watch.contains(.importance) ? importance : nil)
  }
}
