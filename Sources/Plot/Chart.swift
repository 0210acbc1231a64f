import Basics
import Foundation

/// The data of a line chart, independent of how it is drawn.
public struct Chart: Sendable, Equatable {
  /// One measured value.
  public struct Point: Sendable, Equatable {
    /// Where the point is along the horizontal axis.
    public var x: Double
    /// Where the point is along the vertical axis.
    public var y: Double
    /// An interval in which the value may lie, drawn as a bar with ends; nil for none.
    public var interval: ClosedRange<Double>?

    /// A point without an interval, unless one is given.
    public init(x: Double, y: Double, interval: ClosedRange<Double>? = nil) {
      self.x = x
      self.y = y
      self.interval = interval
    }
  }

  /// One line with its name in the legend.
  public struct Series: Sendable, Equatable {
    /// The line's name in the legend.
    public var name: String
    /// The points, ascending in x.
    public var points: [Point]

    /// A line through the points.
    public init(name: String, points: [Point]) {
      self.name = name
      self.points = points
    }
  }

  /// Stands above the lines.
  public var title: String
  /// Stands below the horizontal axis.
  public var xLabel: String
  /// Stands beside the vertical axis.
  public var yLabel: String
  /// Whether equal distances along the horizontal axis are equal ratios.
  public let comparesRatios: Bool
  /// The lines, in the order of the legend.
  public var series: [Series]

  /// Points that are not finite, or too large to be placed on an axis, are left out, and with
  /// `comparesRatios` those that are not above 0; control characters of the texts are replaced by
  /// stand-ins.
  public init(
    title: String, xLabel: String, yLabel: String, comparesRatios: Bool = false, series: [Series]
  ) {
    self.title = Self.shown(title)
    self.xLabel = Self.shown(xLabel)
    self.yLabel = Self.shown(yLabel)
    self.comparesRatios = comparesRatios
    self.series = series.map { line in
      let points = comparesRatios ? line.points.filter { $0.x >= 1 / Self.largest } : line.points
      return Series(name: Self.shown(line.name), points: points.compactMap(Self.drawable))
    }
  }

  private static func shown(_ text: String) -> String { DisplayText.oneLine(text) }

  /// The largest magnitude that is drawn: differences and steps of such numbers are finite.
  private static let largest = 1e100

  private static func drawable(_ point: Point) -> Point? {
    guard abs(point.x) <= largest, abs(point.y) <= largest else { return nil }
    guard let interval = point.interval, abs(interval.lowerBound) <= largest,
      abs(interval.upperBound) <= largest
    else { return Point(x: point.x, y: point.y) }
    return point
  }

  /// Whether there is no point to draw.
  public var isEmpty: Bool { series.allSatisfy(\.points.isEmpty) }

  var xAxis: Axis {
    let values = series.flatMap(\.points).map(\.x)
    return comparesRatios ? Axis(coveringRatios: values) : Axis(covering: values)
  }

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
    /// Digits after the point that tell the marks apart.
    let decimals: Int
    /// Whether equal distances are equal ratios.
    let comparesRatios: Bool

    /// Marks are 1, 2 and 5 times powers of ten.
    ///
    /// - Parameter values: above 0.
    init(coveringRatios values: [Double]) {
      let (low, high) = (values.min() ?? 1, values.max() ?? 10)
      let first = Int(floor(log10(low)))
      let round = (first...max(first, Int(floor(log10(high)))) + 1).flatMap { power in
        [1, 2, 5].map { $0 * pow(10, Double(power)) }
      }
      let begin = round.lastIndex { $0 <= low * (1 + 1e-9) } ?? 0
      let end = round.firstIndex { $0 >= high * (1 - 1e-9) } ?? round.count - 1
      marks = Array(round[begin...max(begin + 1, end)])
      decimals = max(0, -Int(floor(log10(marks[0]) + 1e-9)))
      comparesRatios = true
    }

    init(covering values: [Double], about count: Int = 6) {
      let finite = values.filter(\.isFinite)
      var low = finite.min() ?? 0
      var high = finite.max() ?? 1
      // A step must be larger than the rounding error of the numbers it is added to.
      if high - low <= max(abs(low), abs(high), 1e-100) * 1e-9 {
        let margin = max(abs(low) * 0.05, abs(high) * 0.05, 0.5)
        // Equal values are often the most that there can be: 100 percent.
        let (below, above) = low >= 1 ? (2 * margin, 0) : (margin, margin)
        low -= below
        high += above
      }
      let rough = (high - low) / Double(count - 1)
      let power = pow(10, floor(log10(rough)))
      let step = [1, 2, 2.5, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999 } ?? rough
      let first = floor(low / step + 1e-9)
      let last = ceil(high / step - 1e-9)
      marks = stride(from: first, through: last, by: 1).map { $0 * step }
      let exact = step / power == 2.5 ? 1 : 0
      decimals = max(0, -Int(floor(log10(step) + 1e-9)) + exact)
      comparesRatios = false
    }

    /// 0 at the first mark, 1 at the last.
    func place(_ value: Double) -> Double {
      let (first, last) = (marks[0], marks.last!)
      return comparesRatios
        ? log(value / first) / log(last / first) : (value - first) / (last - first)
    }

    /// A mark as text of at most about twenty characters: with an exponent when all its digits
    /// would take more.
    func label(_ mark: Double) -> String {
      let largest = max(abs(marks[0]), abs(marks.last!))
      guard largest >= 1e12 || decimals > 9 else { return Format.decimal(mark, decimals) }
      let digits = Int(log10(largest / (marks[1] - marks[0]))) + 3
      return Format.general(mark, digits: digits)
    }
  }
}
