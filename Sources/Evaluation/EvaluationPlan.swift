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
    /// The policy as the command line names it.
    public let name: String
    /// The policy itself.
    public let policy: any RetentionPolicy
    /// What is kept; resolved for each sample's prompt.
    public let budget: BudgetRequest
  }

  /// In the order of the summary, each once.
  public let policies: [String]
  /// Descending.
  public let budgets: [BudgetRequest]
  /// By policy, then by descending budget.
  public internal(set) var cells: [Cell]
  /// How prompts are written.
  public var template: Template
  /// The folder that the samples' picture paths begin at.
  public var imageRoot: String
  /// How a picture is brought to the vision tower.
  public var imageRoute = ImageRoute.pad
  /// At most so many squares of a picture; nil: as many as the model wants.
  public var tiles: Int?
  /// At most so many rows of a picture enter the language model; nil: all.
  public var pictureTokens: PictureTokens?
  /// The reference takes pictures as they are stored.
  public var appliesOrientation = false
  /// The position of a decoded token.
  public var positionRule = PositionRule.true
  /// Which answer tokens a perplexity counts.
  public var scoring = ScoringProtocol.prefixkv
  /// When a question comes.
  public var asking = AskingProtocol.together
  /// Whether later prompts see evicted entries.
  public var recalls = true
  /// What is read and scored of a running text.
  public var passage = Passage()
  /// What the cache holds its entries in.
  public var cachePrecision = CachePrecision.f16
  /// The precisions that are compared at equal bytes, one after the other, in place of
  /// `cachePrecision`; a share is then one of the bytes of a full cache in f16. Empty: none are compared.
  public var comparedPrecisions: [CachePrecision] = []
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

  /// What each sample is run with, one after the other.
  var precisions: [CachePrecision] {
    comparedPrecisions.isEmpty ? [cachePrecision] : comparedPrecisions
  }

  /// How results name a precision; nil where none are compared.
  func kvType(_ precision: CachePrecision) -> String? {
    comparedPrecisions.isEmpty ? nil : precision.rawValue
  }

  /// What a cell keeps in a cache of this precision. At equal bytes a smaller type keeps more entries,
  /// and all of them where the bytes of a full cache suffice.
  func budget(of cell: Cell, in precision: CachePrecision) -> BudgetRequest {
    guard !comparedPrecisions.isEmpty, cell.name != Self.full, case .share(let share) = cell.budget
    else { return cell.budget }
    // A count that fills the blocks of every type.
    let ratio =
      Double(CachePrecision.f16.bytes(count: 256)) / Double(precision.bytes(count: 256))
    return .share(min(1, share * ratio))
  }

  /// Questions of a sample that are asked, with their answers.
  func exchanges(of sample: EvaluationSample) -> [EvaluationSample.Exchange] {
    let first = EvaluationSample.Exchange(question: sample.bareQuestion, answer: sample.answer)
    return asking == .turns ? [first] + sample.later : [first]
  }

  /// What tells the lines of a sample's results apart.
  func keys(of sample: EvaluationSample) -> [EvaluationRecord.Key] {
    let turns: [Int?] = asking == .turns ? (1...1 + sample.later.count).map(\.self) : [nil]
    return precisions.flatMap { precision in
      cells.flatMap { cell in
        turns.map {
          EvaluationRecord.Key(
            index: sample.index, policy: cell.name, kvType: kvType(precision),
            budget: cell.budget, turn: $0)
        }
      }
    }
  }

  /// The policy that keeps everything.
  static let full = "full"
  /// What stands for every registered policy.
  public static let everyPolicy = "all"
}
