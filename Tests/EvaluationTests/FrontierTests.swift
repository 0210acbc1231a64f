import Plot
import TestSupport
import Testing

@testable import Evaluation

@Suite struct FrontierTests {
  /// One sample a cell; a cell's answer is exact or not.
  private func summary(
    _ name: String, _ cells: [(policy: String, budget: Double, bytes: Int, exact: [Bool])]
  ) -> Summary {
    var run = ResultTests.run()
    run.measure = .table
    run.name = name
    run.policies = ["prefixkv", "local"]
    run.budgets = [.share(0.5), .share(0.1)]
    return Summary(
      run: run,
      records: cells.flatMap { cell in
        cell.exact.enumerated().map { index, exact in
          EvaluationRecord(
            index: index, id: "s\(index)", policy: cell.policy, budget: .share(cell.budget),
            share: cell.budget, answer: "A boat.", rougeL: 1, isExact: exact, promptTokens: 10,
            keptLengths: [5, 4], cacheBytes: cell.bytes, fullBytes: 8192, seconds: 0.5,
            prefillSeconds: 1)
        }
      })
  }

  /// Of `prefixkv` 2 KiB are as good as 4, and of `local` 1 KiB is better than 3.
  private var frontier: Frontier {
    Frontier([
      summary(
        "all rows",
        [
          ("prefixkv", 0.5, 4096, [true, false]), ("prefixkv", 0.1, 2048, [true, false]),
          ("local", 0.5, 3072, [false, false]),
        ]),
      summary(
        "few rows",
        [
          ("prefixkv", 0.5, 8192, [true, true]), ("local", 0.5, 1024, [false, true]),
          ("local", 0.1, 1024, [false, false]),
        ]),
    ])
  }

  @Test func aCellThatASmallerOneEqualsIsNotOnTheFront() {
    #expect(frontier.fronts.map(\.policy) == ["prefixkv", "local"])
    #expect(frontier.fronts.map { $0.cells.map(\.row.cacheBytes) } == [[2048, 8192], [1024]])
    let points = frontier.chart.series.map { $0.points.map { [$0.x, $0.y] } }
    #expect(points == [[[2, 50], [8, 100]], [[1, 50]]])
  }

  @Test func theTableIsTheFrontOfAllPolicies() {
    let rows = frontier.table.rows
    #expect(rows.map { $0[2] } == ["local", "prefixkv"])
    // No run compares types of the cache, so there is no column of them.
    #expect(frontier.table.headings == ["cache", "exact, %", "policy", "budget", "run"])
    #expect(rows.map { $0[3] } == ["50 %", "50 %"])
    #expect(rows.map { $0[4] } == ["few rows", "few rows"])
    #expect(rows[1][1].hasPrefix("100"))
  }

  @Test func filesWithoutAnswersAreRefused() throws {
    try withFolder { folder in
      let path = folder + "/results.jsonl"
      let run = ResultTests.run()
      try ResultFile(path: path, run: run, resume: false).append([])
      #expect(throws: ResultError.self) { try Figures.frontier(of: [path]) }
    }
  }
}
