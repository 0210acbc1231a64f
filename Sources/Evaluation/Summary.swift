import Basics
import Inference
import Foundation
import KVCache

/// One row of the results: a policy at a budget, over all samples.
public struct SummaryRow: Sendable, Equatable {
  /// A number over samples with its 95 % interval; the interval needs two samples.
  public struct Estimate: Sendable, Equatable {
    public var value: Double
    public var interval: ClosedRange<Double>?
  }

  public var policy: String
  public var budget: BudgetRequest
  /// The budget as a share of the prompts' entries, mean over samples.
  public var share: Double
  /// nil for all kinds together.
  public var kind: String?
  public var samples: Int
  public var tokens: Int
  public var perplexity: Estimate?
  public var rouge: Estimate?
  public var rougeL: Estimate?
  public var exactMatch: Estimate?
  /// Pairs that the `rouge` package refuses; they count as 0.
  public var rougeErrors: Int
  /// Means over samples.
  public var cacheBytes: Double
  public var fullBytes: Double
  public var seconds: Double
}

/// Results by policy and budget.
public struct Summary: Sendable, Equatable {
  public let run: RunDescription
  /// By policy, then by budget, as the run lists them.
  public let rows: [SummaryRow]
  /// The same for each kind of sample, when the data set names kinds.
  public let kindRows: [SummaryRow]

  /// - Parameter records: In any order.
  public init(run: RunDescription, records: [EvaluationRecord]) {
    self.run = run
    let ordered = ResultFile.ordered(records, of: run)
    func rows(kind: String?, of records: [EvaluationRecord]) -> [SummaryRow] {
      run.policies.flatMap { policy in
        run.budgets.compactMap { budget in
          let group = records.filter { $0.policy == policy && $0.budget == budget }
          return group.isEmpty ? nil : SummaryRow(policy, budget, kind, group)
        }
      }
    }
    self.rows = rows(kind: nil, of: ordered)
    let kinds = Set(ordered.compactMap(\.kind)).sorted()
    kindRows = kinds.flatMap { kind in rows(kind: kind, of: ordered.filter { $0.kind == kind }) }
  }

  public var table: Table {
    let all = rows + kindRows
    let columns = Column.all.filter { column in all.contains { column.text($0) != nil } }
    return Table(
      headings: columns.map(\.heading),
      rows: all.map { row in columns.map { $0.text(row) ?? "" } })
  }

  /// Every number in full, one column each, for other programs.
  public var fullTable: Table {
    func plain(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
    func parts(_ estimate: SummaryRow.Estimate?) -> [String] {
      [estimate?.value, estimate?.interval?.lowerBound, estimate?.interval?.upperBound].map(plain)
    }
    let measures = SummaryMeasure.all.map { $0.name.replacing("-", with: "_") }
    return Table(
      headings: ["policy", "budget", "share", "kind", "samples", "tokens"]
        + measures.flatMap { [$0, $0 + "_low", $0 + "_high"] }
        + ["rouge_errors", "cache_bytes", "full_bytes", "seconds"],
      rows: (rows + kindRows).map { row in
        [row.policy, row.budget.text, plain(row.share), row.kind ?? ""]
          + ["\(row.samples)", "\(row.tokens)"]
          + SummaryMeasure.all.map { $0.estimate(row) }.flatMap(parts)
          + ["\(row.rougeErrors)"] + [row.cacheBytes, row.fullBytes, row.seconds].map(plain)
      })
  }
}

extension SummaryRow {
  /// - Parameter records: In sample order, so that sums have the same bits however they were made.
  fileprivate init(
    _ policy: String, _ budget: BudgetRequest, _ kind: String?, _ records: [EvaluationRecord]
  ) {
    self.policy = policy
    self.budget = budget
    share =
      if case .share(let share) = budget { share } else {
        Statistics.mean(records.map(\.budgetShare)) ?? 1
      }
    self.kind = kind
    samples = records.count
    let losses = records.compactMap(\.loss)
    tokens = losses.reduce(0) { $0 + $1.tokens }
    perplexity = Statistics.perplexity(losses).map { value in
      Estimate(
        value: value, interval: Statistics.interval(of: losses, statistic: Statistics.perplexity))
    }
    func mean(_ values: [Double]) -> Estimate? {
      Statistics.mean(values).map { value in
        Estimate(
          value: value, interval: Statistics.interval(of: values, statistic: Statistics.mean))
      }
    }
    let answered = records.filter { $0.answer != nil }
    rougeErrors = answered.count { $0.rouge == nil }
    rouge = mean(answered.map { $0.rouge ?? 0 })
    rougeL = mean(answered.compactMap(\.rougeL))
    exactMatch = mean(answered.compactMap(\.isExact).map { $0 ? 1 : 0 })
    cacheBytes = Statistics.mean(records.map { Double($0.cacheBytes) }) ?? 0
    fullBytes = Statistics.mean(records.map { Double($0.fullBytes) }) ?? 0
    seconds = Statistics.mean(records.map(\.seconds)) ?? 0
  }
}

/// One column for people: rounded, with the interval in brackets.
private struct Column: Sendable {
  var heading: String
  var text: @Sendable (SummaryRow) -> String?

  static let all: [Column] =
    [
      Column(heading: "policy") { $0.policy },
      Column(heading: "budget") { $0.budget.heading },
      Column(heading: "kind") { $0.kind },
      Column(heading: "samples") { "\($0.samples)" },
    ]
    + SummaryMeasure.all.map { measure in
      Column(heading: measure.heading) { row in
        measure.estimate(row).map { SummaryMeasure.text($0) { Format.digits($0, 4) } }
      }
    } + [
      Column(heading: "cache") { Format.bytes(Int($0.cacheBytes)) },
      Column(heading: "of") { Format.bytes(Int($0.fullBytes)) },
      Column(heading: "s/sample") { Format.digits($0.seconds, 3) },
    ]
}
