import Basics
import Plot

/// How many answers are exact for how many bytes of cache, over all cells of several runs: policies,
/// budgets, types of the cache, rows of the picture.
public struct Frontier: Sendable {
  /// A policy at a budget, in a run.
  public struct Cell: Sendable, Equatable {
    /// What the run is called.
    public let run: String
    /// What it found, with exact answers.
    public let row: SummaryRow

    var exact: SummaryRow.Estimate { row.exactMatch! }
  }

  /// By policy, in the order of the runs: those of its cells that none of its others beats with as few
  /// bytes; ascending in both.
  public let fronts: [(policy: String, cells: [Cell])]

  /// Rows without answers do not take part.
  public init(_ summaries: [Summary]) {
    let cells = summaries.flatMap { summary in
      summary.rows.filter { $0.exactMatch != nil }.map { Cell(run: summary.run.name, row: $0) }
    }
    var policies: [String] = []
    for cell in cells where !policies.contains(cell.row.policy) {
      policies.append(cell.row.policy)
    }
    fronts = policies.map { policy in
      (policy, Self.front(of: cells.filter { $0.row.policy == policy }))
    }
  }

  private static func front(of cells: [Cell]) -> [Cell] {
    let bySize = cells.sorted {
      ($0.row.cacheBytes, -$0.exact.value) < ($1.row.cacheBytes, -$1.exact.value)
    }
    return bySize.reduce(into: []) { front, cell in
      if cell.exact.value > front.last?.exact.value ?? -1 { front.append(cell) }
    }
  }

  /// One line for each policy.
  public var chart: Chart {
    Chart(
      title: "Exact answers for the bytes of a cache", xLabel: "cache after the prompt, KiB",
      yLabel: "exact answers, percent", comparesRatios: true,
      series: fronts.map { policy, cells in
        Chart.Series(
          name: Chart.shortName(policy),
          points: cells.map {
            Chart.Point(x: $0.row.cacheBytes / 1024, y: $0.exact.value * 100)
          })
      })
  }

  /// The front over all policies.
  public var table: Table {
    let front = Self.front(of: fronts.flatMap(\.cells))
    // Runs that do not compare types of the cache name none.
    let types = front.contains { $0.row.kvType != nil } ? ["type"] : []
    return Table(
      headings: ["cache", "exact, %", "policy"] + types + ["budget", "run"],
      rows: front.map { cell in
        [
          Format.bytes(Int(cell.row.cacheBytes)),
          SummaryMeasure.text(cell.exact) { Format.decimal($0 * 100, 0) },
          Chart.shortName(cell.row.policy),
        ] + types.map { _ in cell.row.kvType ?? "" } + [cell.row.budget.heading, cell.run]
      })
  }
}
