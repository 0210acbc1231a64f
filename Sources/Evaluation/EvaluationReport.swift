import Basics
import Foundation

/// The files that a finished run writes beside its result file.
public enum EvaluationReport {
  /// Writes the reference answers, the configurations or the summary, as the run's measure asks.
  ///
  /// - Parameters:
  ///   - path: The result file.
  ///   - references: Where the answers of a run of `reference` go; nil stands for nowhere.
  ///   - note: Receives sentences for people.
  /// - Returns: The text for stdout.
  /// - Throws: `FileError`; `DataError.noItems` for a profile of no samples.
  public static func write(
    _ run: RunDescription, _ records: [EvaluationRecord], beside path: String,
    references: String?, note: (String) -> Void
  ) throws -> String {
    switch run.measure {
    case .reference:
      guard let references else { return "" }
      let answers = ResultFile.ordered(records, of: run)
      try OutputFile.write(ReferenceAnswers(answers).json.utf8, to: references)
      note("Wrote \(Format.counted(answers.count, "answer")) to \(references).")
      return ""
    case .profile:
      let profile = Profile(run: run, records: records)
      guard !profile.estimations.isEmpty else { throw DataError.noItems(file: run.data) }
      let folder = PathText.folder(of: path)
      try profile.write(to: folder)
      note("The configurations are in \(folder); use them with --policy prefixkv:\(folder).")
      return profile.report.table.text
    case .perplexity, .rouge, .table:
      return try write(Summary(run: run, records: records), beside: path, note: note)
    }
  }

  /// The files that `write` replaces beside a result file, apart from configurations, whose names
  /// hold the model's.
  public static func paths(
    of measure: RunDescription.Measure, beside path: String
  ) -> [String] {
    switch measure {
    case .reference: []
    case .profile: [PathText.folder(of: path) + "/profile.json"]
    case .perplexity, .rouge, .table:
      ["txt", "csv", "md"].map { ending in
        (path.hasSuffix(".jsonl") ? String(path.dropLast(6)) : path) + "." + ending
      }
    }
  }

  /// Writes the summary beside the results as text, CSV and Markdown.
  private static func write(
    _ summary: Summary, beside path: String, note: (String) -> Void
  ) throws(FileError) -> String {
    let errors = summary.rows.reduce(0) { $0 + $1.rougeErrors }
    if errors > 0 {
      note("\(errors) answers or references have no words; their ROUGE counts as 0.")
    }
    let texts = [summary.text, summary.fullTable.csv, summary.markdown]
    for (path, text) in zip(paths(of: summary.run.measure, beside: path), texts) {
      try OutputFile.write(text.utf8, to: path)
    }
    return summary.text
  }
}
