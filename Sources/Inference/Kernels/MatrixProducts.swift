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
  ///   - y: `[m, rows]`, written; must not overlap x.
  ///   - adding: the product is added to y.
  public func multiply(
    _ x: UnsafePointer<Float>, count m: Int, into y: UnsafeMutablePointer<Float>,
    adding: Bool = false, pool: ThreadPool
  ) {
    Self.run([(self, y)], count: m, adding: adding, pool: pool) {
      isa, layout, rows, inputs in
      ck_prepare_inputs(
        isa, layout, x + rows.lowerBound * columns, m, columns, rows.lowerBound, rows.upperBound,
        inputs)
    }
  }

  /// Multiplies one input by several matrices: it is prepared once, and threads meet once.
  ///
  /// - Parameters:
  ///   - products: matrices with the same number of columns, and what each of them writes.
  ///   - adding: products are added to what is there.
  ///   - fill: writes the given rows of the input, `[rows, columns]`, to its second argument. They are
  ///     prepared at once, while the core's caches hold them. With matrices of several types it is
  ///     called more than once for a row.
  public static func multiply(
    count m: Int, by products: [Product], adding: Bool = false, pool: ThreadPool,
    rows fill: (Range<Int>, UnsafeMutablePointer<Float>) -> Void
  ) {
    run(products, count: m, adding: adding, pool: pool) {
      prepare($0, $1, $2, of: m, columns: products[0].matrix.columns, rows: fill, into: $3)
    }
  }

  /// A gated layer, y = silu(x · Gᵀ) · (x · Uᵀ), without writing both products to memory.
  ///
  /// - Parameters:
  ///   - gate: G, without a bias.
  ///   - up: U, of G's shape, without a bias.
  ///   - y: `[m, gate.rows]`, written.
  ///   - fill: as in `multiply`.
  public static func multiplyGated(
    count m: Int, gate: PackedMatrix, up: PackedMatrix, into y: UnsafeMutablePointer<Float>,
    pool: ThreadPool, rows fill: (Range<Int>, UnsafeMutablePointer<Float>) -> Void
  ) {
    precondition(
      gate.rows == up.rows && gate.bias == nil && up.bias == nil, "a gate has its matrix's shape")
    guard gate.type == up.type else {
      let count = m * gate.rows
      withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { product in
        multiply(count: m, by: [(gate, y), (up, product.baseAddress!)], pool: pool, rows: fill)
        Vector.siluMultiply(gate: y, up: product.baseAddress!, count: count, into: y, pool: pool)
      }
      return
    }
    run([(gate, y)], gating: up, count: m, adding: false, pool: pool) {
      prepare($0, $1, $2, of: m, columns: gate.columns, rows: fill, into: $3)
    }
  }

  /// Prepares inputs from rows that `fill` writes.
  private static func prepare(
    _ isa: ck_isa, _ layout: ck_layout, _ rows: Range<Int>, of m: Int, columns: Int,
    rows fill: (Range<Int>, UnsafeMutablePointer<Float>) -> Void,
    into inputs: UnsafeMutableRawPointer
  ) {
    let together = ck_input_rows(isa, layout, m)
    guard let memory = ck_scratch(CK_SCRATCH_ROWS, together * columns * 4) else {
      preconditionFailure("no memory is left for a matrix product")
    }
    let x = memory.assumingMemoryBound(to: Float.self)
    for first in stride(from: rows.lowerBound, to: rows.upperBound, by: together) {
      let some = first..<min(rows.upperBound, first + together)
      fill(some, x)
      ck_prepare_inputs(isa, layout, x, m, columns, some.lowerBound, some.upperBound, inputs)
    }
  }

  /// Computes products. With `up` there is one product, the gate of the product with `up`.
  /// `prepare` writes the given rows of the input to its last argument, in the form that a layout
  /// reads.
  private static func run(
    _ products: [Product], gating up: PackedMatrix? = nil, count m: Int, adding: Bool,
    pool: ThreadPool,
    preparing prepare: (ck_isa, ck_layout, Range<Int>, UnsafeMutableRawPointer) -> Void
  ) {
    guard m > 0, let first = products.first?.matrix else { return }
    // Each layout reads its inputs in a form of its own, so types are multiplied one after the
    // other.
    guard products.allSatisfy({ $0.matrix.type == first.type }) else {
      for product in products {
        run([product], count: m, adding: adding, pool: pool, preparing: prepare)
      }
      return
    }
    precondition(products.allSatisfy { $0.matrix.columns == first.columns }, "inputs must agree")
    let (isa, layout) = (pool.isa, first.layout)
    guard let inputs = ck_scratch(CK_SCRATCH_INPUTS, ck_input_bytes(isa, layout, m, first.columns))
    else {
      preconditionFailure("no memory is left for a matrix product")
    }
    pool.parallel(count: m, grain: ck_input_rows(isa, layout, m)) {
      prepare(isa, layout, $0, inputs)
    }
    let division = WorkDivision(
      bands: products.map(\.matrix.bands), inputs: m,
      block: (most: ck_block_rows(isa, layout, m), unit: ck_block_unit(isa, layout, m)),
      together: ck_bands_at_once(isa, layout, m) / (up == nil ? 1 : 2), threads: pool.threads)
    pool.parallel(division.tasks) { task in
      division.forEachPiece(of: task) { index, bands, rows in
        products[index].matrix.multiply(
          bands, gating: up, inputs, count: m, rows: rows, into: products[index].y, adding: adding,
          isa: isa)
      }
    }
  }

  /// Computes the columns of y that belong to some bands.
  private func multiply(
    _ bands: Range<Int>, gating up: PackedMatrix?, _ inputs: UnsafeRawPointer, count m: Int,
    rows chosen: Range<Int>, into y: UnsafeMutablePointer<Float>, adding: Bool, isa: ck_isa
  ) {
    let first = bands.lowerBound * Self.bandRows
    let failed = bias.withUnsafePointer { bias in
      var product = ck_product(
        layout: layout, bands: weights.start + bands.lowerBound * bandBytes,
        up: up.map { UnsafeRawPointer($0.weights.start + bands.lowerBound * bandBytes) },
        inputs: inputs, bias: bias.map { $0 + first }, y: y + first, columns: columns, m: m,
        count: min(bands.upperBound * Self.bandRows, rows) - first, stride: rows,
        first: chosen.lowerBound,
        last: chosen.upperBound, add: adding ? 1 : 0)
      return ck_multiply(isa, &product)
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
