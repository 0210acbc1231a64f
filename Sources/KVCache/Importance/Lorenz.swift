import Basics

/// How unevenly importance is spread over the entries of a layer.
public struct Lorenz: Sendable, Equatable, Codable {
  /// Share of all importance held by the least important `i / (points - 1)` of the entries:
  /// ascending from 0 to 1.
  public var curve: [Double]
  /// 0 when all entries are equal; towards 1 when one holds everything.
  public var gini: Double

  /// - Parameters:
  ///   - importance: `[positions]`, not negative. All zero counts as equal.
  ///   - points: How many points the curve has; between two entries it is interpolated.
  public init(importance: [Double], points: Int = 101) {
    precondition(points > 1, "a curve has two ends")
    let sorted = importance.sorted()
    var cumulated = [0.0]
    for value in sorted { cumulated.append(cumulated.last! + value) }
    let total = cumulated.last!
    guard total > 0 else {
      self.init(curve: (0..<points).map { Double($0) / Double(points - 1) }, gini: 0)
      return
    }
    let curve = (0..<points).map { index in
      cumulated.quantile(Double(index) / Double(points - 1)) / total
    }
    let count = Double(sorted.count)
    let weighted = sorted.enumerated().reduce(0) { $0 + Double($1.offset + 1) * $1.element }
    self.init(curve: curve, gini: 2 * weighted / (count * total) - (count + 1) / count)
  }

  private init(curve: [Double], gini: Double) {
    self.curve = curve
    self.gini = gini
  }

  /// The mean of curves and coefficients over samples; nil without any.
  ///
  /// - Parameter parts: Curves of one layer, all with as many points.
  public init?(meanOf parts: [Lorenz]) {
    guard let first = parts.first else { return nil }
    let count = Double(parts.count)
    self.init(
      curve: first.curve.indices.map { i in parts.reduce(0) { $0 + $1.curve[i] } / count },
      gini: parts.reduce(0) { $0 + $1.gini } / count)
  }
}
