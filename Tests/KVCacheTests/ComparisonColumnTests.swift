import Testing

@testable import KVCache

@Suite struct ComparisonColumnTests {
  private func columns(_ text: String) throws -> [String] {
    try ComparisonColumn.columns(parsing: text, policy: "prefixkv", budget: .share(0.4))
      .map { "\($0.policy) \($0.budget.text)" }
  }

  @Test(arguments: [
    ("", ["prefixkv 1.0", "prefixkv 0.5", "prefixkv 0.3", "prefixkv 0.2", "prefixkv 0.1"]),
    ("60% 20%", ["prefixkv 0.6", "prefixkv 0.2"]),
    ("100%,50%,20%", ["prefixkv 1.0", "prefixkv 0.5", "prefixkv 0.2"]),
    ("100 50 %", ["prefixkv 1.0", "prefixkv 0.5"]),
    ("180tok, 0.3", ["prefixkv 180tok", "prefixkv 0.3"]),
    ("prefixkv snapkv local at 20%", ["prefixkv 0.2", "snapkv 0.2", "local 0.2"]),
    ("snapkv local", ["snapkv 0.4", "local 0.4"]),
    ("full local AT 20% 10%", ["full 0.2", "full 0.1", "local 0.2", "local 0.1"]),
  ])
  func policiesAndBudgetsAreCombined(_ text: String, _ expected: [String]) throws {
    #expect(try columns(text) == expected)
  }

  @Test func whatIsNotUnderstoodIsRefusedByName() {
    #expect(throws: RetentionError.unknownPolicy("best")) { try columns("best at 20%") }
    #expect(throws: BudgetError.outOfRange("50")) { try columns("50") }
    #expect(throws: BudgetError.unreadable("20parsecs")) { try columns("20parsecs") }
    #expect(throws: ComparisonError.unreadable("%")) { try columns("%") }
    for text in [",", " , ,", "at", "prefixkv snapkv at"] {
      #expect(throws: ComparisonError.unreadable(text)) { try columns(text) }
    }
    #expect(throws: ComparisonError.repeated) { try columns("50% 0.5") }
    let many = (1...17).map { "\($0)%" }.joined(separator: " ")
    #expect(throws: ComparisonError.tooMany(17)) { try columns(many) }
  }
}
