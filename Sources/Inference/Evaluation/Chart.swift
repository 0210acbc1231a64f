import Foundation

/// A line chart: what it shows, not how it is drawn.
public struct Chart: Sendable, Equatable {
  public struct Point: Sendable, Equatable {
    public var x: Double
    public var y: Double
    public var interval: ClosedRange<Double>?

    public init(x: Double, y: Double, interval: ClosedRange<Double>? = nil) {
      self.x = x
      self.y = y
      self.interval = interval
    }
  }

  public struct Series: Sendable, Equatable {
    public var name: String
    /// Ascending in x.
    public var points: [Point]

    public init(name: String, points: [Point]) {
      self.name = name
      self.points = points
    }
  }

  public var title: String
  public var xLabel: String
  public var yLabel: String
  public var series: [Series]

  public init(title: String, xLabel: String, yLabel: String, series: [Series]) {
    self.title = title
    self.xLabel = xLabel
    self.yLabel = yLabel
    self.series = series.map { line in
      Series(name: line.name, points: line.points.filter { $0.x.isFinite && $0.y.isFinite })
    }
  }

  public var isEmpty: Bool { series.allSatisfy(\.points.isEmpty) }

  var xAxis: Axis { Axis(covering: series.flatMap(\.points).map(\.x)) }

  var yAxis: Axis {
    let points = series.flatMap(\.points)
    return Axis(
      covering: points.flatMap { point in
        [point.y] + (point.interval.map { [$0.lowerBound, $0.upperBound] } ?? [])
      })
  }

  /// A range with marks at round numbers, both ends included.
  struct Axis: Equatable {
    let marks: [Double]
    /// Digits behind the point that tell the marks apart.
    let decimals: Int

    init(covering values: [Double], about count: Int = 6) {
      let finite = values.filter(\.isFinite)
      var low = finite.min() ?? 0
      var high = finite.max() ?? 1
      if low == high {
        low -= max(abs(low) * 0.05, 0.5)
        high += max(abs(high) * 0.05, 0.5)
      }
      let rough = (high - low) / Double(count - 1)
      let power = pow(10, floor(log10(rough)))
      let step = [1, 2, 2.5, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999 } ?? rough
      let first = floor(low / step + 1e-9)
      let last = ceil(high / step - 1e-9)
      marks = stride(from: first, through: last, by: 1).map { $0 * step }
      let exact = step / power == 2.5 ? 1 : 0
      decimals = max(0, -Int(floor(log10(step) + 1e-9)) + exact)
    }

    /// 0 at the first mark, 1 at the last.
    func place(_ value: Double) -> Double { (value - marks[0]) / (marks.last! - marks[0]) }

    func label(_ mark: Double) -> String { String(format: "%.\(decimals)f", mark) }
  }
}

extension Chart {
  /// One line a policy over the budgets.
  ///
  /// - Parameter measure: nil where a policy has no such number.
  public static func overBudgets(
    _ summary: Summary, title: String, yLabel: String,
    measure: (SummaryRow) -> SummaryRow.Estimate?
  ) -> Chart {
    Chart(
      title: title, xLabel: "budget (share of entries kept)", yLabel: yLabel,
      series: summary.run.policies.map { policy in
        var points = summary.rows.filter { $0.policy == policy }.compactMap { row in
          measure(row).map { Point(x: row.share, y: $0.value, interval: $0.interval) }
        }
        // The full cache is measured once: a level line to compare with.
        if policy == EvaluationPlan.full, let full = points.first,
          let low = summary.rows.map(\.share).min()
        {
          points.append(Point(x: low, y: full.y))
        }
        return Series(name: shortName(policy), points: points.sorted { $0.x < $1.x })
      }.filter { !$0.points.isEmpty })
  }

  /// `prefixkv:FOLDER/NAME` without the folder.
  static func shortName(_ policy: String) -> String {
    guard let colon = policy.firstIndex(of: ":"), let slash = policy.lastIndex(of: "/") else {
      return policy
    }
    return String(policy[...colon] + policy[policy.index(after: slash)...])
  }

  /// One line a budget over the layers.
  ///
  /// - Parameter retained: By budget, `[layers]`.
  public static func overLayers(title: String, retained: [(String, [Double])]) -> Chart {
    Chart(
      title: title, xLabel: "layer", yLabel: "share of entries kept",
      series: retained.map { name, shares in
        Series(
          name: name, points: shares.enumerated().map { Point(x: Double($0.offset), y: $0.element) }
        )
      })
  }

  /// One Lorenz curve a layer.
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
