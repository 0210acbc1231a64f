/// A rule for what each layer retains under a budget.
///
/// A new policy is one file with a conforming type and one line in `RetentionPolicies.all`.
public protocol RetentionPolicy: Sendable {
  /// As typed after `--policy`.
  var name: String { get }
  /// One line for a list of policies.
  var summary: String { get }
  /// Whether attention of decoded tokens is part of the importance.
  var wantsDecodeAttention: Bool { get }
  func plan(_ context: RetentionContext) throws -> RetentionPlan
}

/// What a policy decides upon.
public struct RetentionContext {
  public let budget: Budget
  /// `[positions]`: everything seen so far, evicted entries included.
  public let segments: [Segment]
  /// `[layers, positions]`
  public let importance: Importance
  /// Attention from the last queries of the latest prompt only (`RetentionController
  /// .observationWindow` of them); nil when the engine did not record it.
  public let window: Importance?
  /// Last positions that stay whatever their importance: 1 at a prompt's end, as in the reference;
  /// more when the budget changes in the middle of an answer.
  public let recent: Int
  let cachedRanking: LazyRanking

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
    self.budget = budget
    self.segments = segments
    self.importance = importance
    self.window = window
    self.recent = recent
    cachedRanking = ranking
  }

  public var layers: Int { importance.rows.count }
  public var positions: Int { segments.count }
  /// Every layer's positions by importance; sorted once for any number of plans.
  public var ranking: ImportanceRanking { cachedRanking.value }
}

/// A ranking that is made when first asked for.
final class LazyRanking {
  private let importance: Importance
  private(set) lazy var value = ImportanceRanking(importance.rows)
  init(_ importance: Importance) { self.importance = importance }
}

/// What a policy wants the cache to hold, and how it goes on from there.
public struct RetentionPlan: Sendable {
  /// `[layers]`: positions to retain, ascending.
  public var kept: [[Int32]]
  /// `[layers]`: retained entries that take up evicted ones.
  public var merges: [[Merge]]
  /// What leaves while the answer is decoded; nil: nothing.
  public var decode: (any DecodeEviction)?
  /// PrefixKV's cumulative-importance threshold p.
  public var threshold: Double?
  /// Something the user should know.
  public var note: String?

  public init(
    kept: [[Int32]], merges: [[Merge]]? = nil, decode: (any DecodeEviction)? = nil,
    threshold: Double? = nil, note: String? = nil
  ) {
    self.kept = kept
    self.merges = merges ?? kept.map { _ in [] }
    self.decode = decode
    self.threshold = threshold
    self.note = note
  }
}
