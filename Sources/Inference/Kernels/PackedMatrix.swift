import CKernels
import Synchronization

/// A linear layer: `y[m, rows] = x[m, columns] · Wᵀ (+ bias)`, W `[rows, columns]`, repacked once for
/// the kernels in bands of 32 rows (`ck_matrix.h`).
///
/// For integer types x is quantised to 8 bits, with one scale for 32 columns. A row of y depends only on
/// its row of x, neither on its neighbours nor on the number of threads. Under `amx` it also depends on
/// whether m is below 12: more rows are multiplied in tile registers, which round differently.
public final class PackedMatrix: Sendable {
  /// Rows of W: what a row of y holds.
  public let rows: Int
  /// Columns of W: what a row of x holds.
  public let columns: Int
  /// What the weights are held as; the kernels' layout follows from it.
  public let type: ElementType
  /// `[rows]`
  private let bias: [Float]?
  private let layout: ck_layout
  /// `[bands]` of `bandBytes`
  private let weights: HugeMemory
  private let bandBytes: Int

  private static let bandRows = Int(CK_BAND)

  /// - Parameters:
  ///   - tensor: `[rows, columns]`
  ///   - type: one of `ElementType.targets`, or nil for the stored type's `matrixType`.
  /// - Throws: `KernelError` when the columns do not fill the type's blocks, a weight is no finite
  ///   number or memory runs out, `WeightError` when the tensor's file was changed.
  public convenience init(
    _ tensor: Tensor, as type: ElementType? = nil, bias: [Float]? = nil, pool: ThreadPool
  ) throws {
    try tensor.verifyUnchanged()
    let packed = type ?? tensor.type.matrixType
    let (columns, rows) = (tensor.columns, tensor.rows)
    let rowBytes = tensor.type.blockBytes * columns / tensor.type.blockSize
    try self.init(
      rows: rows, columns: columns, type: packed, bias: bias, name: tensor.name, pool: pool
    ) { range, band in
      if tensor.type == packed {
        let start = tensor.bytes.baseAddress!
        let addresses = range.map { start + (tensor.rowOrder?.storedRow($0) ?? $0) * rowBytes }
        return Self.pack(addresses, as: packed, columns: columns, into: band)
      }
      return withUnsafeTemporaryAllocation(of: Float.self, capacity: range.count * columns) {
        tensor.convert(rows: range, into: $0.baseAddress!)
        return Self.pack(
          floats: $0.baseAddress!, rows: range.count, columns: columns, as: packed, into: band)
      }
    }
    // The file's pages are not needed again. Without them loading peaks at the packed size.
    tensor.dropPages()
  }

  /// - Parameters:
  ///   - floats: `[rows, columns]`
  ///   - type: one of `ElementType.targets`.
  public convenience init(
    rows: Int, columns: Int, floats: [Float], as type: ElementType, bias: [Float]? = nil,
    pool: ThreadPool
  ) throws(KernelError) {
    precondition(floats.count == rows * columns, "floats must hold rows x columns weights")
    try self.init(
      rows: rows, columns: columns, type: type, bias: bias, name: "of floats", pool: pool
    ) { range, band in
      floats.withUnsafeBufferPointer { floats in
        Self.pack(
          floats: floats.baseAddress! + range.lowerBound * columns, rows: range.count,
          columns: columns, as: type, into: band)
      }
    }
  }

  /// `pack` writes the band of the given rows and returns whether all its weights are finite; bands are
  /// packed in parallel.
  private init(
    rows: Int, columns: Int, type: ElementType, bias: [Float]?, name: String, pool: ThreadPool,
    pack: (Range<Int>, UnsafeMutableRawPointer) -> Bool
  ) throws(KernelError) {
    precondition(bias == nil || bias?.count == rows, "bias must hold one value for each row")
    guard let layout = type.layout else { throw .unsupportedType(name: name, type: type.rawValue) }
    guard columns % type.blockSize == 0 else {
      throw .unsupportedColumns(
        name: name, columns: columns, type: type.rawValue, block: type.blockSize)
    }
    self.rows = rows
    self.columns = columns
    self.type = type
    self.bias = bias
    self.layout = layout
    let bandBytes = ck_band_bytes(layout, columns)
    let bands = (rows + Self.bandRows - 1) / Self.bandRows
    let weights = try HugeMemory(count: bands * bandBytes)
    self.bandBytes = bandBytes
    self.weights = weights
    let areFinite = Atomic(true)
    pool.parallel(count: bands, grain: 1) { range in
      for band in range {
        let first = band * Self.bandRows
        let chosen = first..<min(rows, first + Self.bandRows)
        if !pack(chosen, weights.start + band * bandBytes) {
          areFinite.store(false, ordering: .relaxed)
        }
      }
    }
    guard areFinite.load(ordering: .relaxed) else { throw .notFinite(name: name) }
  }

  /// Memory of the weights.
  public var bytes: Int { weights.count }

  /// Where a product goes: `[m, matrix.rows]`; must not overlap its inputs.
  public typealias Product = (matrix: PackedMatrix, y: UnsafeMutablePointer<Float>)

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
  ///     prepared at once, while a thread's caches hold them. With matrices of several types it is
  ///     called for a row more than once.
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

  /// Computes products. With `up` a single product is the gate of `up`'s. `prepare` writes the given
  /// rows of the input to `inputs`, in the form that a layout wants.
  private static func run(
    _ products: [Product], gating up: PackedMatrix? = nil, count m: Int, adding: Bool,
    pool: ThreadPool,
    preparing prepare: (ck_isa, ck_layout, Range<Int>, UnsafeMutableRawPointer) -> Void
  ) {
    guard m > 0, let first = products.first?.matrix else { return }
    // Each layout wants its inputs in another form.
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
    let bands = products.reduce(0) { $0 + $1.matrix.bands }
    let block = ck_block_rows(isa, layout, m)
    // All bands by one block of rows, then by the next.
    let all = bands * ((m + block - 1) / block)
    let task = { (range: Range<Int>) in
      var before = 0
      for first in stride(from: 0, to: m, by: block) {
        for product in products {
          let own = before..<before + product.matrix.bands
          let chosen = range.clamped(to: own)
          if !chosen.isEmpty {
            product.matrix.multiply(
              chosen.lowerBound - before..<chosen.upperBound - before, gating: up, inputs,
              count: m, rows: first..<min(m, first + block), into: product.y, adding: adding,
              isa: isa)
          }
          before = own.upperBound
        }
      }
    }
    let together = ck_bands_at_once(isa, layout, m)
    guard together > 1 else { return pool.parallel(count: all, grain: 1, task) }
    // Tasks are small, so that cores of unequal speed end together.
    let grain = max(1, min(together / (up == nil ? 1 : 2), all / (pool.threads * 8)))
    pool.parallel((all + grain - 1) / grain) {
      task($0 * grain..<min(all, ($0 + 1) * grain))
    }
  }

  private var bands: Int { (rows + Self.bandRows - 1) / Self.bandRows }

  /// The columns of y that some bands give.
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

  /// Packs a band from the addresses of up to 32 stored rows; returns whether all weights are finite.
  private static func pack(
    _ addresses: [UnsafeRawPointer], as type: ElementType, columns: Int,
    into band: UnsafeMutableRawPointer
  ) -> Bool {
    let rows = (0..<bandRows).map { $0 < addresses.count ? addresses[$0] : nil }
    return ck_pack_band(type.code, rows, columns, band) == 0
  }

  /// Packs a band from up to 32 rows of floats, as a file of the given type would store them.
  private static func pack(
    floats: UnsafePointer<Float>, rows: Int, columns: Int, as type: ElementType,
    into band: UnsafeMutableRawPointer
  ) -> Bool {
    guard ck_are_finite(floats, rows * columns) == 1 else { return false }
    let rowBytes = columns / type.blockSize * type.blockBytes
    return withUnsafeTemporaryAllocation(byteCount: rows * rowBytes, alignment: 64) { stored in
      type.encode(floats, count: rows * columns, into: stored.baseAddress!)
      return pack(
        (0..<rows).map { UnsafeRawPointer(stored.baseAddress! + $0 * rowBytes) }, as: type,
        columns: columns, into: band)
    }
  }
}

extension Optional where Wrapped == [Float] {
  fileprivate func withUnsafePointer<Result>(_ body: (UnsafePointer<Float>?) -> Result) -> Result {
    guard let self else { return body(nil) }
    return self.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}
