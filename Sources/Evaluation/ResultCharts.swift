import KVCache
import Plot

extension Chart {
  /// A measure over the budgets, with one line for each policy, or where types of the cache are compared
  /// for each policy and type.
  ///
  /// - Parameter measure: The number to draw; nil where a row has none.
  public static func overBudgets(
    _ summary: Summary, title: String, yLabel: String,
    measure: (SummaryRow) -> SummaryRow.Estimate?
  ) -> Chart {
    Chart(
      title: title,
      xLabel: summary.run.kvTypes == nil
        ? "budget (share of entries kept)" : "budget (share of a full cache's bytes in f16)",
      yLabel: yLabel,
      series: summary.run.lines.map { line in
        var points = summary.rows.filter {
          $0.policy == line.policy && $0.kvType == line.kvType
        }.compactMap { row in
          measure(row).map { Point(x: row.share, y: $0.value, interval: $0.interval) }
        }
        // The full cache is measured once and drawn as a level line to compare with.
        if line.policy == EvaluationPlan.full, let full = points.first,
          let low = summary.rows.map(\.share).min()
        {
          points.append(Point(x: low, y: full.y))
        }
        return Series(name: shortName(line.label), points: points.sorted { $0.x < $1.x })
      }.filter { !$0.points.isEmpty })
  }

  /// `prefixkv:FOLDER/NAME` without the folder.
  static func shortName(_ policy: String) -> String {
    guard let colon = policy.firstIndex(of: ":"), let slash = policy.lastIndex(of: "/") else {
      return policy
    }
    return String(policy[...colon] + policy[policy.index(after: slash)...])
  }

  /// Kept shares over the layers, with one line for each name.
  ///
  /// - Parameter retained: A line's name, and `[layers]` shares in [0, 1].
  public static func overLayers(title: String, retained: [(String, [Double])]) -> Chart {
    Chart(
      title: title, xLabel: "layer", yLabel: "share of entries kept",
      series: retained.map { name, shares in
        Series(
          name: name, points: shares.enumerated().map { Point(x: Double($0.offset), y: $0.element) }
        )
      })
  }

  /// One Lorenz curve for each layer.
  public static func lorenz(title: String, layers: [(String, Lorenz)]) -> Chart {
    Chart(
      title: title, xLabel: "share of entries, least important first",
      yLabel: "share of importance",
      series: layers.map { name, lorenz in
        let last = Double(lorenz.curve.count - 1)
        return Series(
          name: name,
          points: lorenz.curve.enumerated().map {
            Point(x: Double($0.offset) / last, y: $0.element)
          })
      })
  }
}
