/// A rule for what each layer retains under a budget.
///
/// A new policy is one file with a conforming type and one line in `RetentionPolicies.all`.
public protocol RetentionPolicy: Sendable {
  /// As typed after `--policy`.
  var name: String { get }
  /// One line for a list of policies.
  var summary: String { get }
  /// What `plan` looks at. The context brings this and nothing else.
  var needs: Set<RetentionNeed> { get }
  /// Decides what each layer keeps. Called at a prompt's end and after each change of budget or
  /// policy.
  func plan(_ context: RetentionContext) throws -> RetentionPlan
  /// A sentence about a budget that the policy does not heed; nil, the default, where it does.
  func note(_ budget: Budget) -> String?
}

extension RetentionPolicy {
  /// nil: the budget is heeded.
  public func note(_ budget: Budget) -> String? { nil }
}

/// What a policy wants the cache to hold, and what is evicted while the answer is decoded.
public struct RetentionPlan: Sendable {
  /// `[layers]`: positions to retain, ascending.
  public var kept: [[Int32]]
  /// `[layers]`: retained entries that evicted ones are merged into.
  public var merges: [[Merge]]
  /// What is evicted while the answer is decoded; nil evicts nothing.
  public var decode: (any DecodeEviction)?
  /// `[layers]`: the first of the last positions that stay whatever their importance, as the first
  /// position does; nil for policies that protect none in this way.
  public var firstProtected: [Int]?
  /// PrefixKV's cumulative-importance threshold p, in [0, 1].
  public var threshold: Double?
  /// A sentence that the user should read.
  public var note: String?

  /// By default nothing is merged and nothing is evicted while the answer is decoded.
  public init(
    kept: [[Int32]], merges: [[Merge]]? = nil, decode: (any DecodeEviction)? = nil,
    firstProtected: [Int]? = nil, threshold: Double? = nil, note: String? = nil
  ) {
    self.kept = kept
    self.merges = merges ?? kept.map { _ in [] }
    self.decode = decode
    self.firstProtected = firstProtected
    self.threshold = threshold
    self.note = note
  }
}
