/// What a policy bases its plan on: the budget, the positions, and what the policy declared in its
/// `needs`.
///
/// Reading what was not declared is a mistake in the policy and stops the program. What was
/// declared but not recorded (the policy came into force after the prompt was read) is all zeros.
public struct RetentionContext {
  /// The budget to be met.
  public let budget: Budget
  /// `[positions]`: everything seen so far, evicted entries included.
  public let segments: [Segment]
  /// Layers of the cache.
  public let layers: Int
  /// Last positions that stay whatever their importance: 1 at a prompt's end, as in the reference;
  /// more when the budget changes in the middle of an answer.
  public private(set) var recent: Int

  private let needs: Set<RetentionNeed>
  private let records: RetentionRecords
  private let lazyRanking: LazyRanking
  private let readLengths: (_ layer: Int) throws -> [Float]
  private let readEntries: (_ layer: Int, _ part: EntryPart) throws -> [Float]

  init(
    budget: Budget, segments: [Segment], needs: Set<RetentionNeed>, records: RetentionRecords,
    recent: Int, ranking: LazyRanking,
    readLengths: @escaping (_ layer: Int) throws -> [Float] = { _ in [] },
    readEntries: @escaping (_ layer: Int, _ part: EntryPart) throws -> [Float]
  ) {
    self.budget = budget
    self.segments = segments
    layers = records.importance.rows.count
    self.recent = recent
    self.needs = needs
    self.records = records
    lazyRanking = ranking
    self.readLengths = readLengths
    self.readEntries = readEntries
  }

  /// A context outside of a conversation, for policies that go by importance and window.
  ///
  /// - Parameters:
  ///   - importance: `[layers, positions]`
  ///   - window: `[layers, positions]`
  public init(
    budget: Budget, segments: [Segment], importance: Importance, window: Importance? = nil,
    recent: Int = 1
  ) {
    self.init(
      budget: budget, segments: segments, importance: importance, window: window, recent: recent,
      ranking: LazyRanking(importance))
  }

  init(
    budget: Budget, segments: [Segment], importance: Importance, window: Importance?, recent: Int,
    ranking: LazyRanking
  ) {
    self.init(
      budget: budget, segments: segments, needs: [.importance, .window],
      records: RetentionRecords(importance: importance, window: window), recent: recent,
      ranking: ranking, readEntries: { _, _ in [] })
  }

  /// Elements of one key or value vector.
  public var headDim: Int { records.queryMoments.headDim }

  /// Positions seen so far.
  public var positions: Int { segments.count }

  /// `[layers, positions]`: attention that each position received. Needs `.importance`.
  public var importance: Importance {
    require(.importance)
    return records.importance
  }

  /// `[layers, positions]`: attention that each position received from the queries of all prompts, also
  /// where recall begins new sums with each. Needs `.importance`.
  public var history: Importance {
    require(.importance)
    return records.history
  }

  /// The position of the first query whose attention is among the sums: 0, or with recall that of the
  /// latest prompt's first token.
  public var firstQuery: Int { records.firstQuery }

  /// Every layer's positions by importance; sorted once for any number of plans. Needs
  /// `.importance`.
  public var ranking: ImportanceRanking {
    require(.importance)
    return lazyRanking.value
  }

  /// `[layers, positions]`: attention from the last queries of the latest prompt. Needs `.window`.
  public var window: Importance {
    require(.window)
    return records.window
  }

  /// `[layers, positions]`: the largest attention, over query heads and the last queries of the latest
  /// prompt. Needs `.peaks`.
  public var peaks: Importance {
    require(.peaks)
    return records.peaks
  }

  /// `[layers, positions]`: attention from the query rows of some segments. Needs
  /// `.attention(from:)` with the same segments.
  public func attention(from segments: Set<Segment>) -> Importance {
    require(.attention(from: segments))
    var attention = records.bySegments[segments] ?? Importance(layers: layers)
    attention.extend(to: positions)
    return attention
  }

  /// How the latest prompt's queries are distributed; its `count` is 0 when they were not recorded.
  /// Needs `.queryMoments`.
  public var queryMoments: QueryMoments {
    require(.queryMoments)
    return records.queryMoments
  }

  /// `[layers, positions]`: the largest attention, over query heads and rows, that a position
  /// received while the model repeated the prompt. Needs `.secondPass`.
  public var secondPass: Importance {
    require(.secondPass)
    return records.secondPass
  }

  /// One layer's keys after rotary embedding, `[positions, kvHeads, headDim]`, evicted ones
  /// included; zeros where an entry was evicted without being saved. Needs `.keys`.
  ///
  /// - Throws: `CacheError` when the spill file cannot be read.
  public func keys(layer: Int) throws -> [Float] {
    require(.keys)
    return try readEntries(layer, .keys)
  }

  /// One layer's values; see `keys(layer:)`. Needs `.values`.
  public func values(layer: Int) throws -> [Float] {
    require(.values)
    return try readEntries(layer, .values)
  }

  /// `[positions]`: how long one layer's values are, all heads together. Needs `.valueLengths`.
  ///
  /// - Throws: `CacheError` when the spill file cannot be read.
  public func valueLengths(layer: Int) throws -> [Float] {
    require(.valueLengths)
    return try readLengths(layer)
  }

  /// The same with at least `recent` most recent positions protected.
  public func withRecent(_ recent: Int) -> RetentionContext {
    var context = self
    context.recent = max(recent, self.recent)
    return context
  }

  private func require(_ need: RetentionNeed) {
    precondition(
      needs.contains(need), "a policy declares \(need) among its needs before it reads it")
  }
}

/// A ranking that is computed when it is first read.
final class LazyRanking {
  private let importance: Importance
  private(set) lazy var value = ImportanceRanking(importance.rows)
  init(_ importance: Importance) { self.importance = importance }
}
