/// Attention that every position received: `[layers, positions]`, mean over query heads, summed over
/// queries. Prefill adds the column sums of its softmax, each decoded token its one row.
public struct Importance: Sendable, Equatable {
  /// `[layers][positions]`
  public private(set) var rows: [[Float]]

  public init(layers: Int) { rows = Array(repeating: [], count: layers) }
  public init(rows: [[Float]]) { self.rows = rows }

  public var positions: Int { rows.first?.count ?? 0 }

  mutating func extend(to positions: Int) {
    for layer in rows.indices where rows[layer].count < positions {
      rows[layer] += repeatElement(0, count: positions - rows[layer].count)
    }
  }

  mutating func truncate(to positions: Int) {
    for layer in rows.indices where rows[layer].count > positions {
      rows[layer].removeLast(rows[layer].count - positions)
    }
  }

  /// Adds one value per slot of a layer whose slots hold `positions`.
  mutating func add(_ values: UnsafeBufferPointer<Float>, layer: Int, positions: [Int32]) {
    precondition(values.count == positions.count, "one value per slot of the layer")
    for (slot, position) in positions.enumerated() { rows[layer][Int(position)] += values[slot] }
  }

  mutating func set(_ values: UnsafeBufferPointer<Float>, layer: Int, positions: [Int32]) {
    rows[layer] = rows[layer].map { _ in 0 }
    add(values, layer: layer, positions: positions)
  }
}

/// The positions of every layer in order of importance.
///
/// Scores that are not numbers and negative ones count as 0, infinite ones as the largest number. Of
/// equal scores the older position ranks lower, so that ties favour what is recent.
public struct ImportanceRanking: Sendable {
  /// `[layers][positions]`: positions by ascending score.
  public let ascending: [[Int32]]
  /// `[layers][positions]`: share of the layer's total importance that the `k + 1` most important
  /// positions hold, in double precision. A layer without any importance counts as uniform.
  public let cumulative: [[Double]]

  public init(_ rows: [[Float]]) {
    var ascending: [[Int32]] = []
    var cumulative: [[Double]] = []
    for row in rows {
      let scores = row.map { $0 > 0 ? min($0, .greatestFiniteMagnitude) : 0 }
      let order = Self.ascending(scores)
      ascending.append(order)
      cumulative.append(Self.cumulative(order.reversed().map { Double(scores[Int($0)]) }))
    }
    self.ascending = ascending
    self.cumulative = cumulative
  }

  /// Non-negative floats order like their bit patterns, so one integer sort ranks score and position.
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
