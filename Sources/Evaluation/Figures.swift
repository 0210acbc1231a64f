import Basics
import Plot
import Inference
import Foundation
import KVCache

/// The charts of a file of results.
public enum Figures {
  /// Draws a result file or a profile.
  ///
  /// - Returns: Each chart with a name for its file: the results' name and the measure's.
  /// - Throws: `ResultError` when the file is neither a result file nor a profile.
  public static func charts(of path: String) throws -> [(name: String, chart: Chart)] {
    let stem = PathText.stem(of: path)
    if let report = try ProfileReport.read(path: path) {
      return [
        ("\(stem)-layers", report.layerChart), ("\(stem)-lorenz", report.lorenzChart),
      ]
    }
    let (run, records) = try ResultFile.read(path: path)
    let summary = Summary(run: run, records: records)
    var charts: [(name: String, chart: Chart)] = SummaryMeasure.all.map { measure in
      let label = measure.heading
      let title = run.name.isEmpty ? label : "\(label) (\(run.name))"
      return (
        "\(stem)-\(measure.name)",
        Chart.overBudgets(summary, title: title, yLabel: label, measure: measure.estimate)
      )
    }
    charts.append(("\(stem)-layers", keptByLayer(summary, records)))
    return charts.filter { !$0.chart.isEmpty }
  }

  /// Exact answers against bytes over several result files.
  ///
  /// - Throws: `ResultError` when a file is no result file, or when none of them holds answers.
  public static func frontier(of paths: [String]) throws -> Frontier {
    let summaries = try paths.map { path in
      let (run, records) = try ResultFile.read(path: path)
      return Summary(run: run, records: records)
    }
    let frontier = Frontier(summaries)
    guard !frontier.chart.isEmpty else {
      throw ResultError.damaged(paths.joined(separator: "', '"), "there are no answers in it")
    }
    return frontier
  }

  /// The mean share that each layer keeps at a prompt's end. One line shows one policy, at the run's
  /// budget that is nearest to a half.
  private static func keptByLayer(_ summary: Summary, _ records: [EvaluationRecord]) -> Chart {
    let row = summary.rows.min { abs($0.share - 0.5) < abs($1.share - 0.5) }
    let budget = row?.budget ?? .share(1)
    let lines = summary.run.lines.compactMap { line -> (String, [Double])? in
      let group = records.filter {
        $0.policy == line.policy && $0.kvType == line.kvType && $0.budget == budget
      }
      guard let layers = group.first?.keptLengths.indices else { return nil }
      return (
        Chart.shortName(line.label),
        layers.map { layer in
          let shares = group.map { Double($0.keptLengths[layer]) / Double($0.promptTokens) }
          return Statistics.mean(shares) ?? 0
        }
      )
    }
    return Chart.overLayers(
      title: "Entries kept by layer at a budget of \(budget.heading)", retained: lines)
  }
}
