import CKernels

/// Products with packed matrices, divided among threads.
extension PackedMatrix {
  /// A matrix to multiply by, and where the product is written: `[m, matrix.rows]`, which must not
  /// overlap the inputs.
  public typealias Product = (matrix: PackedMatrix, y: UnsafeMutablePointer<Float>)

  /// Computes y = x · Wᵀ (+ bias).
  ///
  /// - Parameters:
  ///   - x: `[m, columns]`
  ///   - apart: how many of the first rows get the bits that they would get without the others.
  ///   - y: `[m, rows]`, written; must not overlap x.
  ///   - adding: the product is added to y.
  public func multiply(
    _ x: UnsafePointer<Float>, count m: Int, apart: Int = 0, into y: UnsafeMutablePointer<Float>,
    adding: Bool = false, pool: ThreadPool
  ) {
    Self.run([(self, y)], count: m, apart: apart, adding: adding, pool: pool) { inputs, rows in
      inputs.prepare(rows, from: x + rows.lowerBound * columns)
    }
  }

  /// Multiplies one input by several matrices: it is prepared once, and threads meet once.
  ///
  /// - Parameters:
  ///   - apart: as above.
  ///   - products: matrices with the same number of columns, and what each of them writes.
  ///   - adding: products are added to what is there.
  ///   - fill: writes the given rows of the input, `[rows, columns]`, to its second argument. They are
  ///     prepared at once, while the core's caches hold them. With matrices of several types it is
  ///     called more than once for a row.
  public static func multiply(
    count m: Int, apart: Int = 0, by products: [Product], adding: Bool = false, pool: ThreadPool,
    rows fill: (Range<Int>, UnsafeMutablePointer<Float>) -> Void
  ) {
    run(products, count: m, apart: apart, adding: adding, pool: pool) {
      $0.prepare($1, writtenBy: fill)
    }
  }

  /// A gated layer, y = silu(x · Gᵀ) · (x · Uᵀ), without writing both products to memory.
  ///
  /// - Parameters:
  ///   - apart: as in `multiply`.
  ///   - gate: G, without a bias.
  ///   - up: U, of G's shape, without a bias.
  ///   - y: `[m, gate.rows]`, written.
  ///   - fill: as in `multiply`.
  public static func multiplyGated(
    count m: Int, apart: Int = 0, gate: PackedMatrix, up: PackedMatrix,
    into y: UnsafeMutablePointer<Float>, pool: ThreadPool,
    rows fill: (Range<Int>, UnsafeMutablePointer<Float>) -> Void
  ) {
    precondition(
      gate.rows == up.rows && gate.bias == nil && up.bias == nil, "a gate has its matrix's shape")
    guard gate.type == up.type else {
      let count = m * gate.rows
      withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { product in
        multiply(
          count: m, apart: apart, by: [(gate, y), (up, product.baseAddress!)], pool: pool,
          rows: fill)
        Vector.siluMultiply(gate: y, up: product.baseAddress!, count: count, into: y, pool: pool)
      }
      return
    }
    run([(gate, y)], gating: up, count: m, apart: apart, adding: false, pool: pool) {
      $0.prepare($1, writtenBy: fill)
    }
  }

  /// Bands that are multiplied by one group of inputs after the other: few enough for the next
  /// group to find them in the core's second-level cache.
  private static let sharedBands = 4

  /// Computes products. With `up` there is one product, the gate of the product with `up`.
  /// `prepare` prepares the given rows of some inputs.
  private static func run(
    _ products: [Product], gating up: PackedMatrix? = nil, count m: Int, apart: Int, adding: Bool,
    pool: ThreadPool, preparing prepare: (PreparedInputs, Range<Int>) -> Void
  ) {
    guard m > 0, let first = products.first?.matrix else { return }
    // Each layout reads its inputs in a form of its own, so types are multiplied one after the
    // other.
    guard products.allSatisfy({ $0.matrix.type == first.type }) else {
      for product in products {
        run([product], count: m, apart: apart, adding: adding, pool: pool, preparing: prepare)
      }
      return
    }
    precondition(products.allSatisfy { $0.matrix.columns == first.columns }, "inputs must agree")
    let (isa, layout) = (pool.isa, first.layout)
    let groups = PreparedInputs.groups(
      of: m, apart: apart, isa: isa, layout: layout, columns: first.columns)
    for group in groups { group.forEachShare(pool) { prepare(group, $0) } }
    // What is apart follows where the others have fetched the weights.
    let (most, others) = (groups[groups.count - 1], groups.dropLast())
    let count = most.rows.count
    let division = WorkDivision(
      bands: products.map(\.matrix.bands), inputs: count,
      block: (most: ck_block_rows(isa, layout, count), unit: ck_block_unit(isa, layout, count)),
      together: ck_bands_at_once(isa, layout, count) / (up == nil ? 1 : 2), threads: pool.threads)
    pool.parallel(division.tasks) { task in
      division.forEachPiece(of: task) { index, bands, block in
        let (matrix, y) = products[index]
        guard block.lowerBound == 0, !others.isEmpty else {
          return matrix.multiply(bands, gating: up, most, block: block, into: y, adding: adding)
        }
        for first in stride(from: bands.lowerBound, to: bands.upperBound, by: sharedBands) {
          let some = first..<min(bands.upperBound, first + sharedBands)
          matrix.multiply(some, gating: up, most, block: block, into: y, adding: adding)
          for group in others {
            matrix.multiply(
              some, gating: up, group, block: 0..<group.rows.count, into: y, adding: adding)
          }
        }
      }
    }
  }

  /// Computes the columns of y that belong to some bands, for a block of some inputs.
  private func multiply(
    _ bands: Range<Int>, gating up: PackedMatrix?, _ inputs: PreparedInputs, block: Range<Int>,
    into y: UnsafeMutablePointer<Float>, adding: Bool
  ) {
    let first = bands.lowerBound * Self.bandRows
    let failed = bias.withUnsafePointer { bias in
      var product = ck_product(
        layout: layout, bands: weights.start + bands.lowerBound * bandBytes,
        up: up.map { UnsafeRawPointer($0.weights.start + bands.lowerBound * bandBytes) },
        inputs: inputs.memory, bias: bias.map { $0 + first },
        y: y + inputs.rows.lowerBound * rows + first, columns: columns, m: inputs.rows.count,
        count: min(bands.upperBound * Self.bandRows, rows) - first, stride: rows,
        first: block.lowerBound, last: block.upperBound, add: adding ? 1 : 0)
      return ck_multiply(inputs.isa, &product)
    }
    precondition(failed == 0, "no memory is left for a matrix product")
  }
}

extension Optional where Wrapped == [Float] {
  fileprivate func withUnsafePointer<Result>(_ body: (UnsafePointer<Float>?) -> Result) -> Result {
    guard let self else { return body(nil) }
    return self.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}
