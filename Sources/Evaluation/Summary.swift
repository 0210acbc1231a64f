import Basics
import Foundation
import KVCache

/// Results by policy and budget.
public struct Summary: Sendable, Equatable {
  /// The run that the results are of.
  public let run: RunDescription
  /// By policy, then by budget, as the run lists them.
  public let rows: [SummaryRow]
  /// The same for each turn of conversations, or for each kind of sample when the data set names kinds.
  public let kindRows: [SummaryRow]

  /// - Parameter records: In any order.
  public init(run: RunDescription, records: [EvaluationRecord]) {
    self.run = run
    let ordered = ResultFile.ordered(records, of: run)
    func rows(kind: String?, of records: [EvaluationRecord]) -> [SummaryRow] {
      run.lines.flatMap { line in
        run.budgets.compactMap { budget in
          let group = records.filter {
            $0.policy == line.policy && $0.kvType == line.kvType && $0.budget == budget
          }
          return group.isEmpty ? nil : SummaryRow(line, budget, kind, group)
        }
      }
    }
    self.rows = rows(kind: nil, of: ordered)
    let groups = Set(ordered.compactMap(\.group)).sorted {
      $0.compare($1, options: .numeric) == .orderedAscending
    }
    kindRows = groups.flatMap { group in
      rows(kind: group, of: ordered.filter { $0.group == group })
    }
  }

  /// The numbers for people: one row for each policy and budget, then the same for each kind.
  public var table: Table {
    let all = rows + kindRows
    let columns = Column.all.filter { column in all.contains { column.text($0) != nil } }
    return Table(
      headings: columns.map(\.heading),
      rows: all.map { row in columns.map { $0.text(row) ?? "" } })
  }

  /// Every number in full precision, one column each, for other programs.
  public var fullTable: Table {
    func plain(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
    func parts(_ estimate: SummaryRow.Estimate?) -> [String] {
      [estimate?.value, estimate?.interval?.lowerBound, estimate?.interval?.upperBound].map(plain)
    }
    let measures = SummaryMeasure.all.map { $0.name.replacing("-", with: "_") }
    // Where one type of the cache is run, only the description names it.
    let typeHeadings = run.kvTypes == nil ? [] : ["kv_type"]
    var table = Table(
      headings: ["policy"] + typeHeadings + ["budget", "share", "kind", "samples", "tokens"]
        + measures.flatMap { [$0, $0 + "_low", $0 + "_high"] }
        + ["rouge_errors", "cache_bytes", "full_bytes", "seconds"])
    for row in rows + kindRows {
      var cells = [row.policy] + typeHeadings.map { _ in row.kvType ?? "" }
      cells += [row.budget.text, plain(row.share), row.kind ?? ""]
      cells += ["\(row.samples)", "\(row.tokens)"]
      cells += SummaryMeasure.all.map { $0.estimate(row) }.flatMap(parts)
      cells.append("\(row.rougeErrors)")
      cells += [row.cacheBytes, row.fullBytes, row.seconds].map(plain)
      table.rows.append(cells)
    }
    return table
  }
}

/// One column of the table for people: rounded numbers, with the interval in brackets.
private struct Column: Sendable {
  var heading: String
  var text: @Sendable (SummaryRow) -> String?

  static let all: [Column] =
    [
      Column(heading: "policy") { $0.policy },
      Column(heading: "cache type") { $0.kvType },
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
