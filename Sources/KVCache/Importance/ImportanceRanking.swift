/// The positions of every layer in order of importance.
///
/// Scores that are not numbers and negative ones count as 0, infinite ones as the largest number.
/// When scores are equal, the older position ranks lower: ties favour recent positions.
public struct ImportanceRanking: Sendable {
  /// `[layers][positions]`: positions by ascending score.
  public let ascending: [[Int32]]
  /// `[layers][positions]`: element k is the share of the layer's total importance that its `k + 1`
  /// most important positions hold, in double precision. A layer without any importance counts as
  /// uniform.
  public let cumulative: [[Double]]

  /// Ranks each of the rows `[layers][positions]`. O(n log n) for each layer.
  public init(_ rows: [[Float]]) {
    var ascending: [[Int32]] = []
    var cumulative: [[Double]] = []
    for row in rows {
      let scores = row.map(\.rankable)
      let order = Self.ascending(scores)
      ascending.append(order)
      cumulative.append(Self.cumulative(order.reversed().map { Double(scores[Int($0)]) }))
    }
    self.ascending = ascending
    self.cumulative = cumulative
  }

  /// Indices into `scores` by ascending score, ranked as `ascending` ranks a layer.
  static func order(of scores: ArraySlice<Float>) -> [Int] {
    ascending(scores.map(\.rankable)).map(Int.init)
  }

  /// Non-negative floats have the order of their bit patterns, so one sort of integers ranks by
  /// score and then by position.
  private static func ascending(_ scores: [Float]) -> [Int32] {
    var keys = scores.enumerated().map { UInt64($1.bitPattern) << 32 | UInt64($0) }
    keys.sort()
    return keys.map { Int32(truncatingIfNeeded: $0) }
  }

  private static func cumulative(_ descending: [Double]) -> [Double] {
    let total = descending.reduce(0, +)
    var sum = 0.0
    return descending.map { score in
      sum += total > 0 ? score / total : 1 / Double(descending.count)
      return sum
    }
  }
}

extension Float {
  /// The score as it is ranked: not negative and finite.
  fileprivate var rankable: Float { self > 0 ? min(self, .greatestFiniteMagnitude) : 0 }
}
