import KVCache

/// What offline estimation reads of one sample at one budget, apart from the lengths that the
/// search keeps.
public struct SampleProfile: Sendable, Equatable, Codable {
  /// How far a published baseline's choice is from the entries that it means to choose.
  public struct Overlap: Sendable, Equatable, Codable {
    /// Share of its chosen entries that are among the same number of entries with the highest
    /// scores.
    public var topK: Double
    /// The expected share for a random choice.
    public var chance: Double
  }

  /// By the baseline's name; baselines that choose nothing or everything at this budget are left
  /// out.
  public var overlaps: [String: Overlap]
  /// `[layers]`; only at the first budget of a sample, since it does not depend on the budget.
  public var lorenz: [Lorenz]?

  init(_ context: RetentionContext, withLorenz: Bool) throws {
    overlaps = [:]
    for baseline in RetentionPolicies.published {
      guard let found = try baseline.overlapWithTopK(context) else { continue }
      overlaps[baseline.name] = Overlap(topK: found.overlap, chance: found.chance)
    }
    guard withLorenz else { return }
    lorenz = context.importance.rows.map { Lorenz(importance: $0.map(Double.init)) }
  }
}
