import KVCache

/// Budgets of several runs as a person types them: `0.2`, `20%`, `180tok`, `200MiB`, and
/// `0.1...0.9` for shares in steps of a tenth.
public enum BudgetList {
  /// The budgets of a list.
  ///
  /// - Throws: `BudgetError` for a text that is no budget, `BudgetListError` for a range that is
  ///   descending or not of shares.
  public static func requests(_ texts: [String]) throws -> [BudgetRequest] {
    try texts.flatMap { text in
      guard let dots = text.range(of: "...") else { return [try BudgetRequest(parsing: text)] }
      let low = try share(String(text[..<dots.lowerBound]), of: text)
      let high = try share(String(text[dots.upperBound...]), of: text)
      guard low <= high else { throw BudgetListError.descending(text) }
      let count = Int(((high - low) * 10 + 1e-9).rounded(.down))
      return (0...count).map { .share(((low + Double($0) / 10) * 1e9).rounded() / 1e9) }
    }
  }

  /// Budgets that offline estimation can find a configuration for: shares below 1.
  ///
  /// - Throws: as `requests`, and `BudgetListError` for any other budget.
  public static func estimable(_ texts: [String]) throws -> [BudgetRequest] {
    let requests = try requests(texts)
    for request in requests {
      guard case .share(let share) = request else {
        throw BudgetListError.dependsOnPrompt(request.text)
      }
      guard share < 1 else { throw BudgetListError.nothingToEstimate }
    }
    return requests
  }

  private static func share(_ text: String, of range: String) throws -> Double {
    guard case .share(let share) = try BudgetRequest(parsing: text) else {
      throw BudgetListError.notShares(range)
    }
    return share
  }
}

/// Why a list of budgets was refused.
public enum BudgetListError: Error, Equatable, CustomStringConvertible {
  /// A range whose end is below its beginning.
  case descending(String)
  /// A range of entries or bytes.
  case notShares(String)
  /// A budget in entries or bytes, which is another share for each prompt.
  case dependsOnPrompt(String)
  /// A budget of 1, for which there is nothing to forget.
  case nothingToEstimate

  /// The sentence for the user.
  public var description: String {
    switch self {
    case .descending(let range):
      "The budgets '\(range)' run downwards. Write the smaller one first: 0.1...0.9."
    case .notShares(let range):
      "The budgets '\(range)' are not shares. A range is written with shares: 0.1...0.9."
    case .dependsOnPrompt(let budget):
      "Budget '\(budget)' depends on the prompt's length, but a configuration file holds for every "
        + "prompt. Give a share: 0.3 or 30%."
    case .nothingToEstimate:
      "A budget of 1 keeps everything, so there is nothing to estimate. Give shares below 1."
    }
  }
}
