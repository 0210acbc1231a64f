/// Attention that every position received: `[layers, positions]`, mean over query heads, summed
/// over queries. A prefill adds the column sums of its softmax, a decoded token its one row.
public struct Importance: Sendable, Equatable {
  /// `[layers][positions]`
  public private(set) var rows: [[Float]]

  /// The sums before anything was seen: each layer has no positions.
  public init(layers: Int) { rows = Array(repeating: [], count: layers) }
  /// Takes over given sums, `[layers][positions]`.
  public init(rows: [[Float]]) { self.rows = rows }

  /// Positions of each layer.
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

  mutating func clear() {
    for layer in rows.indices { rows[layer] = rows[layer].map { _ in 0 } }
  }

  /// Adds one value per slot of a layer whose slots hold `positions`; an empty array adds
  /// nothing.
  mutating func add(_ values: [Float], layer: Int, positions: [Int32]) {
    guard !values.isEmpty else { return }
    precondition(values.count == positions.count, "one value per slot of the layer")
    for (slot, position) in positions.enumerated() { rows[layer][Int(position)] += values[slot] }
  }

  /// Replaces what is smaller than the value of its slot by that value. The layer's slots hold
  /// `positions`.
  mutating func raise(to values: [Float], layer: Int, positions: [Int32]) {
    precondition(values.count == positions.count, "one value per slot of the layer")
    for (slot, position) in positions.enumerated() {
      rows[layer][Int(position)] = max(rows[layer][Int(position)], values[slot])
    }
  }
}
