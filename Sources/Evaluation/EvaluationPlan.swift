import Inference
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
    public let budget: BudgetRequest
  }

  public let policies: [String]
  /// Descending.
  public let budgets: [BudgetRequest]
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
  ///   - policies: Registered names; `all` stands for every one of them. `full` is run once, at
  ///     budget 1, whatever the budgets.
  ///   - budgets: Entries and bytes are resolved for each sample's prompt.
  /// - Throws: `RetentionError`, `ConfigurationError`.
  public init(
    policies: [String], budgets: [BudgetRequest], template: Template, imageRoot: String
  ) throws {
    let named = policies.flatMap { name in
      name == Self.everyPolicy ? RetentionPolicies.all.map(\.name) : [name]
    }
    let unique = named.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    let everything = BudgetRequest.share(1)
    var wanted = unique == [Self.full] ? [] : Set(budgets)
    if unique.contains(Self.full) { wanted.insert(everything) }
    self.policies = unique
    self.budgets = wanted.sorted(by: >)
    var cells: [Cell] = []
    for name in unique {
      let policy = try RetentionPolicies.named(name)
      for budget in self.budgets {
        if name == Self.full ? budget != everything : !budgets.contains(budget) { continue }
        cells.append(Cell(name: name, policy: policy, budget: budget))
      }
    }
    self.cells = cells
    self.template = template
    self.imageRoot = imageRoot
  }

  /// The policy that keeps everything.
  static let full = "full"
  /// What stands for every registered policy.
  public static let everyPolicy = "all"
}
