import Basics
import Foundation
import KVCache

/// Reads the lines of a result file and checks that their numbers are plausible, so that later
/// arithmetic cannot overflow.
enum ResultLines {
  /// - Parameter bytes: Whole lines.
  static func parse(
    _ bytes: Data, path: String
  ) throws(ResultError) -> (run: RunDescription, records: [EvaluationRecord]) {
    let lines = bytes.split(separator: UInt8(ascii: "\n"))
    guard let first = lines.first,
      let run = try? JSONStyle.decode(RunDescription.self, from: first), run.isPlausible
    else { throw .damaged(path, "its first line does not describe a run") }
    var records: [EvaluationRecord] = []
    for (index, line) in lines.enumerated().dropFirst() {
      guard let record = try? JSONStyle.decode(EvaluationRecord.self, from: line),
        record.isPlausible, record.hasShape(of: records.first ?? record)
      else { throw .damaged(path, "line \(index + 1) is not a result of this run") }
      records.append(record)
    }
    return (run, records)
  }

  /// Whether bytes without a line feed can be the beginning of a description (whose first key is
  /// `arguments`), left by a run that was killed while it wrote its first line.
  static func mayBeginDescription(_ bytes: Data) -> Bool {
    zip(bytes, "{\"arguments\":[".utf8).allSatisfy(==)
  }
}

/// Counts of samples, tokens, positions and bytes that sums of a million lines cannot overflow.
private let plausible = 0...(1 << 42)

extension BudgetRequest {
  fileprivate var isPlausible: Bool {
    switch self {
    case .share(let share): share > 0 && share <= 1
    case .entriesPerLayer(let count), .bytes(let count): count > 0
    }
  }
}

extension RunDescription {
  fileprivate var isPlausible: Bool {
    plausible.contains(samples) && plausible.contains(skipped ?? 0)
      && budgets.allSatisfy(\.isPlausible)
  }
}

extension EvaluationRecord {
  fileprivate var isPlausible: Bool {
    plausible.contains(index) && plausible.contains(cacheBytes) && plausible.contains(fullBytes)
      && promptTokens > 0 && plausible.contains(promptTokens)
      && keptLengths.allSatisfy { (0...promptTokens).contains($0) }
      && plausible.contains(loss?.tokens ?? 0) && budget.isPlausible
      && profile?.lorenz?.allSatisfy { $0.curve.count == 101 } ?? true
  }

  /// Whether both have the same layers.
  fileprivate func hasShape(of other: EvaluationRecord) -> Bool {
    keptLengths.count == other.keptLengths.count && !keptLengths.isEmpty
      && (profile?.lorenz.map { $0.count == keptLengths.count } ?? true)
  }
}
