import Basics
import Foundation
import KVCache

/// One of the quantities that a run measures.
struct SummaryMeasure: Sendable {
  /// Its name in names of files; the CSV's column has `_` for `-`.
  let name: String
  let heading: String
  /// Whether it is a share in [0, 1], which grids show in percent.
  let isShare: Bool
  /// Whether less of it is better.
  var isLoss = false
  let estimate: @Sendable (SummaryRow) -> SummaryRow.Estimate?

  static let all = [
    SummaryMeasure(name: "perplexity", heading: "perplexity", isShare: false, isLoss: true) {
      $0.perplexity
    },
    SummaryMeasure(name: "rouge", heading: "ROUGE-L (package)", isShare: true) { $0.rouge },
    SummaryMeasure(name: "rouge-l", heading: "ROUGE-L", isShare: true) { $0.rougeL },
    SummaryMeasure(name: "exact-match", heading: "exact match", isShare: true) { $0.exactMatch },
    SummaryMeasure(
      name: "hallucinated", heading: "named things not in the picture", isShare: true, isLoss: true
    ) { $0.hallucinated },
    SummaryMeasure(name: "covered", heading: "things of the picture named", isShare: true) {
      $0.covered
    },
  ]

  /// The value with its interval in brackets; `value` writes each number.
  static func text(_ estimate: SummaryRow.Estimate, _ value: (Double) -> String) -> String {
    guard let interval = estimate.interval else { return value(estimate.value) }
    let ends = [interval.lowerBound, interval.upperBound].map(value)
    return "\(value(estimate.value)) [\(ends[0]), \(ends[1])]"
  }

  /// The text in a grid, whose heading says "in percent" if the measure is a share.
  func gridText(_ estimate: SummaryRow.Estimate) -> String {
    Self.text(estimate) { value in
      if isShare { return Format.decimal(value * 100, 1) }
      return Format.decimal(value, value < 10 ? 2 : value < 100 ? 1 : 0)
    }
  }
}

extension Summary {
  /// One table for each measure, with policies down and budgets across. The best of a budget is
  /// marked with `*`, and so is every policy whose interval holds the best one's value.
  public var grids: [(title: String, table: Table)] {
    SummaryMeasure.all.compactMap { measure in
      let title = measure.heading + (measure.isShare ? ", in percent" : "")
      let lines = run.lines.map { line in
        let mine = rows.filter { $0.policy == line.policy && $0.kvType == line.kvType }
        return [line.label]
          + run.budgets.map { budget in
            guard
              let estimate = mine.first(where: { $0.budget == budget }).flatMap(measure.estimate)
            else { return "" }
            return (isMarked(estimate, line.policy, budget, measure) ? "* " : "")
              + measure.gridText(estimate)
          }
      }
      guard lines.contains(where: { $0.dropFirst().contains { !$0.isEmpty } }) else { return nil }
      return (title, Table(headings: ["policy"] + run.budgets.map(\.heading), rows: lines))
    }
  }

  /// Whether a policy is the best of a budget, or cannot be told from it. The full cache does not take
  /// part, and where nothing is compared nothing is marked.
  private func isMarked(
    _ estimate: SummaryRow.Estimate, _ policy: String, _ budget: BudgetRequest,
    _ measure: SummaryMeasure
  ) -> Bool {
    let compared = rows.filter { $0.budget == budget && $0.policy != EvaluationPlan.full }
      .compactMap { measure.estimate($0)?.value }
    guard policy != EvaluationPlan.full, compared.count > 1,
      let best = measure.isLoss ? compared.min() : compared.max()
    else { return false }
    return estimate.value == best || estimate.interval?.contains(best) ?? false
  }

  /// What the marks in the grids mean; nothing where nothing is marked.
  ///
  /// - Parameter mark: the mark as the text around it shows it.
  private func legend(_ mark: String) -> String {
    let cells = grids.flatMap(\.table.rows).flatMap { $0.dropFirst() }
    guard cells.contains(where: { $0.hasPrefix("* ") }) else { return "" }
    return "\n\(mark) the best of a budget, or not to be told from it: the interval holds the best "
      + "value.\n"
  }

  /// The summary for people: grids for a run of `table`, otherwise one row for each policy and
  /// budget.
  public var text: String {
    guard run.measure == .table else { return table.text }
    return grids.map { "\($0.title)\n\n\($0.table.text)" }.joined(separator: "\n") + legend("*")
  }

  /// The same as `text`, as GitHub tables.
  public var markdown: String {
    guard run.measure == .table else { return table.markdown }
    return grids.map { "### \($0.title)\n\n\($0.table.markdown)" }.joined(separator: "\n")
      // A bare star would begin a list.
      + legend("\\*")
  }
}

extension BudgetRequest {
  /// `30 %`, `180tok`, `200MiB`.
  var heading: String {
    if case .share(let share) = self { return Format.percent(share, significant: 4) }
    return text
  }
}
