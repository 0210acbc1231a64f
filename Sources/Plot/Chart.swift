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
