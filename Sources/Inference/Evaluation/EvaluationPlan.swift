import KVCache

/// Which answer tokens a perplexity counts.
public enum ScoringProtocol: String, Sendable, Codable, CaseIterable {
  /// All of them: PrefixKV's script.
  case prefixkv
  /// All but the last: Elastic Cache's script.
  case elasticCache = "elastic-cache"

  func counted(_ terms: [Double]) -> [Double] {
    switch self {
    case .prefixkv: terms
    case .elasticCache: terms.dropLast()
    }
  }
}

/// What is done with every sample.
public struct EvaluationPlan: Sendable {
  /// One policy at one budget: a line in the results for every sample.
  public struct Cell: Sendable {
    public let name: String
    public let policy: any RetentionPolicy
    public let budget: Budget
  }

  public let policies: [String]
  /// Kept shares, descending.
  public let budgets: [Double]
  public let cells: [Cell]
  public var template: Template
  public var imageRoot: String
  public var imageRoute = ImageRoute.pad
  /// The reference takes pictures as they are stored.
  public var appliesOrientation = false
  public var positionRule = PositionRule.true
  public var scoring = ScoringProtocol.prefixkv
  public var cachePrecision = CachePrecision.f16
  /// Longest generated answer, in tokens; the reference's number.
  public var maximumTokens = 1024

  /// - Parameters:
  ///   - policies: Registered names. `full` is run once, at budget 1, whatever the budgets.
  ///   - budgets: Kept shares in (0, 1].
  /// - Throws: `RetentionError`, `ConfigurationError`, `BudgetError`.
  public init(
    policies: [String], budgets: [Double], template: Template, imageRoot: String
  ) throws {
    let unique = policies.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    var shares = Set(budgets)
    if unique.contains(Self.full) { shares.insert(1) }
    if unique == [Self.full] { shares = [1] }
    self.policies = unique
    self.budgets = shares.sorted(by: >)
    var cells: [Cell] = []
    for name in unique {
      let policy = try RetentionPolicies.named(name)
      for share in self.budgets {
        if name == Self.full ? share < 1 : !budgets.contains(share) { continue }
        cells.append(Cell(name: name, policy: policy, budget: try Budget(share)))
      }
    }
    self.cells = cells
    self.template = template
    self.imageRoot = imageRoot
  }

  /// The policy that keeps everything.
  static let full = "full"
}
