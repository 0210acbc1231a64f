/// A policy and a budget under which a question is answered beside others.
public struct ComparisonColumn: Sendable, Hashable {
  /// The policy's name, as typed after `--policy`.
  public var policy: String
  /// How much of the cache is kept.
  public var budget: BudgetRequest

  /// A column whose policy and budget are not checked.
  public init(policy: String, budget: BudgetRequest) {
    self.policy = policy
    self.budget = budget
  }
}

extension ComparisonColumn {
  /// The budgets that are compared when none are named.
  public static let defaultBudgets: [BudgetRequest] = [1, 0.5, 0.3, 0.2, 0.1].map { .share($0) }
  /// The most columns of one comparison: each has a cache of its own.
  public static let most = 16

  /// Reads what is to be compared: `60% 20%`, `100 50 30 20 10 %`, `prefixkv snapkv local at 20%`.
  /// Words are separated by blanks or commas. Each policy is combined with each budget. Blanks alone
  /// stand for `defaultBudgets`.
  ///
  /// - Parameters:
  ///   - policy: the policy of all columns when the text names none.
  ///   - budget: the budget of all columns when the text names policies and no budget.
  /// - Throws: `ComparisonError`; `RetentionError` and `ConfigurationError` for unknown policies,
  ///   `BudgetError` for budgets that are unreadable or out of range.
  public static func columns(
    parsing text: String, policy: String, budget: BudgetRequest
  ) throws -> [ComparisonColumn] {
    var policies: [String] = []
    var budgets: [String] = []
    var hasAt = false
    for word in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }).map(String.init) {
      if word == "%" {
        guard !budgets.isEmpty else { throw ComparisonError.unreadable(word) }
        budgets = budgets.map { Double($0) == nil ? $0 : $0 + "%" }
      } else if word.first.map({ $0.isNumber || $0 == "." || $0 == "-" }) == true {
        budgets.append(word)
      } else if word.lowercased() == "at" {
        hasAt = true
      } else {
        policies.append(word)
      }
    }
    // Commas alone name nothing, and "at" is followed by a budget.
    let isNothing = policies.isEmpty && !text.allSatisfy(\.isWhitespace)
    guard !budgets.isEmpty || !(hasAt || isNothing) else {
      throw ComparisonError.unreadable(text)
    }
    for name in policies { _ = try RetentionPolicies.named(name) }
    let requests = try budgets.map { try BudgetRequest(parsing: $0) }
    let named = policies.isEmpty ? [policy] : policies
    let shares =
      !requests.isEmpty ? requests : policies.isEmpty ? Self.defaultBudgets : [budget]
    let columns = named.flatMap { name in
      shares.map { ComparisonColumn(policy: name, budget: $0) }
    }
    guard Set(columns).count == columns.count else { throw ComparisonError.repeated }
    guard columns.count <= most else { throw ComparisonError.tooMany(columns.count) }
    return columns
  }
}

/// Why a comparison is refused.
public enum ComparisonError: Error, Equatable, CustomStringConvertible {
  /// A word that is neither a budget nor a policy, or a text that names neither.
  case unreadable(String)
  /// A column is named twice.
  case repeated
  /// More columns than `ComparisonColumn.most`.
  case tooMany(Int)
  /// A policy decides by something that was not recorded while the prompt was read.
  case notRecorded(policy: String, what: String)

  /// The sentence for the user.
  public var description: String {
    switch self {
    case .unreadable(let word):
      "'\(word)' is not understood. Write budgets, as in 60% 20%, or policies and a budget, as in "
        + "prefixkv snapkv local at 20%."
    case .repeated: "A column is named twice. Name each policy and each budget once."
    case .tooMany(let count):
      "\(count) columns are too many, since each needs a cache of its own; "
        + "\(ComparisonColumn.most) can be compared at once."
    case .notRecorded(let policy, let what):
      "\(policy) decides by \(what), which was not recorded while this prompt was read. "
        + "Choose it with /policy \(policy) and ask again to record it."
    }
  }
}
