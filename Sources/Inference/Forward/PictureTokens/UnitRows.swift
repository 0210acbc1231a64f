/// Rows of unit length, so that their products are cosines.
struct UnitRows {
  let count: Int
  let width: Int
  /// `[count, width]`
  private let values: FloatBuffer

  /// - Parameters:
  ///   - source: `[rows, width]`
  ///   - rows: which of them, in the order of the result.
  init(_ source: UnsafePointer<Float>, rows: [Int], width: Int) {
    count = rows.count
    self.width = width
    values = FloatBuffer(count: rows.count * width)
    for (index, row) in rows.enumerated() {
      let (from, to) = (source + row * width, values.pointer + index * width)
      let scale = 1 / max(1e-12, Self.product(from, from, width).squareRoot())
      for column in 0..<width { to[column] = from[column] * scale }
    }
  }

  func row(_ index: Int) -> UnsafePointer<Float> { UnsafePointer(values.pointer + index * width) }

  /// The cosine between two rows.
  func product(_ first: Int, _ second: Int) -> Float {
    Self.product(row(first), row(second), width)
  }

  /// The sum of products of two vectors, in an order that depends on their length alone.
  static func product(
    _ first: UnsafePointer<Float>, _ second: UnsafePointer<Float>, _ count: Int
  ) -> Float {
    var sums = SIMD16<Float>.zero
    var index = 0
    while index + 16 <= count {
      let a = UnsafeRawPointer(first + index).loadUnaligned(as: SIMD16<Float>.self)
      sums += a * UnsafeRawPointer(second + index).loadUnaligned(as: SIMD16<Float>.self)
      index += 16
    }
    var sum = sums.sum()
    while index < count {
      sum += first[index] * second[index]
      index += 1
    }
    return sum
  }
}
