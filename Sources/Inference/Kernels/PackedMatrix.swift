import CKernels

/// A linear layer: `y[m, rows] = x[m, columns] · Wᵀ (+ bias)`, W `[rows, columns]`, repacked once for
/// the kernels in tiles of 32 rows (`ck_matrix.h`).
///
/// Integer types quantise x to 8 bits, with one scale for 32 columns. A row of y depends only on its
/// row of x, not on its neighbours nor on the number of threads; under `amx` also on whether m is below
/// 12, where another arithmetic begins.
public final class PackedMatrix: Sendable {
  public let rows: Int
  public let columns: Int
  public let type: MatrixType
  /// `[rows]`
  private let bias: [Float]?
  /// `[tiles]` of `tileBytes`
  private let weights: HugeMemory
  private let tileBytes: Int

  /// - Parameters:
  ///   - tensor: `[rows, columns]`
  ///   - type: one of `MatrixType.targets`, or nil to keep the stored type. q2_k and q3_k become
  ///     q8_0 (nearly the same values), integers f32.
  /// - Throws: `KernelError` when the columns do not fill the type's blocks or memory runs out,
  ///   `WeightError` when the tensor's file was changed.
  public convenience init(
    _ tensor: Tensor, as type: MatrixType? = nil, bias: [Float]? = nil, pool: ThreadPool
  ) throws {
    try tensor.verifyUnchanged()
    let stored = MatrixType(rawValue: tensor.type.rawValue)
    let packed = type ?? stored ?? (tensor.type.blockSize > 1 ? .q8_0 : .f32)
    let (columns, rows) = (tensor.columns, tensor.rows)
    let rowBytes = tensor.type.blockBytes * columns / tensor.type.blockSize
    try self.init(
      rows: rows, columns: columns, type: packed, bias: bias, name: tensor.name, pool: pool
    ) { range, tile in
      if stored == packed {
        let start = tensor.bytes.baseAddress!
        let addresses = range.map { start + (tensor.rowOrder?.storedRow($0) ?? $0) * rowBytes }
        Self.pack(addresses, as: packed, columns: columns, into: tile)
      } else {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: range.count * columns) { floats in
          tensor.convert(rows: range, into: floats.baseAddress!)
          Self.pack(
            floats: floats.baseAddress!, rows: range.count, columns: columns, as: packed, into: tile
          )
        }
      }
    }
    // The file's pages are not needed again: without them, loading peaks at the packed size.
    if tensor.owner is MappedFile {
      ck_drop_file_pages(tensor.bytes.baseAddress, tensor.bytes.count)
    }
  }

  /// - Parameters:
  ///   - floats: `[rows, columns]`
  ///   - type: one of `MatrixType.targets`.
  public convenience init(
    rows: Int, columns: Int, floats: [Float], as type: MatrixType, bias: [Float]? = nil,
    pool: ThreadPool
  ) throws(KernelError) {
    precondition(floats.count == rows * columns, "floats must hold rows x columns weights")
    try self.init(
      rows: rows, columns: columns, type: type, bias: bias, name: "of floats", pool: pool
    ) { range, tile in
      floats.withUnsafeBufferPointer { floats in
        Self.pack(
          floats: floats.baseAddress! + range.lowerBound * columns, rows: range.count,
          columns: columns, as: type, into: tile)
      }
    }
  }

  /// `pack` writes the tile of the given rows; tiles are packed in parallel.
  private init(
    rows: Int, columns: Int, type: MatrixType, bias: [Float]?, name: String, pool: ThreadPool,
    pack: (Range<Int>, UnsafeMutableRawPointer) -> Void
  ) throws(KernelError) {
    precondition(bias == nil || bias?.count == rows, "bias must hold one value for each row")
    guard columns % type.columnUnit == 0 else {
      throw .unsupportedColumns(
        name: name, columns: columns, type: type.rawValue, block: type.columnUnit)
    }
    self.rows = rows
    self.columns = columns
    self.type = type
    self.bias = bias
    let tileBytes = ck_tile_bytes(type.packed, columns)
    let tiles = (rows + 31) / 32
    let weights = try HugeMemory(count: tiles * tileBytes)
    self.tileBytes = tileBytes
    self.weights = weights
    pool.parallel(count: tiles, grain: 1) { range in
      for tile in range {
        pack(tile * 32..<min(rows, tile * 32 + 32), weights.start + tile * tileBytes)
      }
    }
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
      isa, type, rows, inputs in
      ck_prepare_inputs(
        isa, type, x + rows.lowerBound * columns, m, columns, rows.lowerBound, rows.upperBound,
        inputs)
    }
  }

  /// Several layers with the same input in one go: it is quantised once, and threads meet once.
  ///
  /// - Parameters:
  ///   - products: matrices of the same columns and what they write.
  ///   - adding: products are added to what is there.
  ///   - fill: writes the given rows of the input, `[rows, columns]`, from its second argument on.
  ///     They are used while they are in a thread's caches and never written to memory. With
  ///     matrices of several types it is called for a row more than once.
  public static func multiply(
    count m: Int, by products: [Product], adding: Bool = false, pool: ThreadPool,
    rows fill: (Range<Int>, UnsafeMutablePointer<Float>) -> Void
  ) {
    run(products, count: m, adding: adding, pool: pool) {
      prepare($0, $1, $2, of: m, columns: products[0].matrix.columns, rows: fill, into: $3)
    }
  }

  /// A gated layer: y = silu(x · Gᵀ) · (x · Uᵀ), without writing both products to memory.
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

  /// Inputs from rows that `fill` writes.
  private static func prepare(
    _ isa: ck_isa, _ type: ck_matrix_type, _ rows: Range<Int>, of m: Int, columns: Int,
    rows fill: (Range<Int>, UnsafeMutablePointer<Float>) -> Void,
    into inputs: UnsafeMutableRawPointer
  ) {
    let together = ck_input_rows(isa, type, m)
    guard let memory = ck_scratch(CK_SCRATCH_ROWS, together * columns * 4) else {
      preconditionFailure("no memory is left for a matrix product")
    }
    let x = memory.assumingMemoryBound(to: Float.self)
    for first in stride(from: rows.lowerBound, to: rows.upperBound, by: together) {
      let some = first..<min(rows.upperBound, first + together)
      fill(some, x)
      ck_prepare_inputs(isa, type, x, m, columns, some.lowerBound, some.upperBound, inputs)
    }
  }

  /// `up` is what a single product gates. `prepare` brings the given rows of the input into the form
  /// that a type wants, in `inputs`.
  private static func run(
    _ products: [Product], gating up: PackedMatrix? = nil, count m: Int, adding: Bool,
    pool: ThreadPool,
    preparing prepare: (ck_isa, ck_matrix_type, Range<Int>, UnsafeMutableRawPointer) -> Void
  ) {
    guard m > 0, let first = products.first?.matrix else { return }
    // Each type wants its inputs in another form.
    guard products.allSatisfy({ $0.matrix.type == first.type }) else {
      for product in products {
        run([product], count: m, adding: adding, pool: pool, preparing: prepare)
      }
      return
    }
    precondition(products.allSatisfy { $0.matrix.columns == first.columns }, "inputs must agree")
    let (isa, packed) = (pool.isa, first.type.packed)
    guard let inputs = ck_scratch(CK_SCRATCH_INPUTS, ck_input_bytes(isa, packed, m, first.columns))
    else {
      preconditionFailure("no memory is left for a matrix product")
    }
    pool.parallel(count: m, grain: ck_input_rows(isa, packed, m)) {
      prepare(isa, packed, $0, inputs)
    }
    let tiles = products.reduce(0) { $0 + $1.matrix.tiles }
    let block = ck_block_rows(isa, packed, m)
    // All tiles by one block of rows after the other.
    let all = tiles * ((m + block - 1) / block)
    let task = { (range: Range<Int>) in
      var before = 0
      for first in stride(from: 0, to: m, by: block) {
        for product in products {
          let own = before..<before + product.matrix.tiles
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
    let together = ck_tiles_at_once(isa, packed, m)
    guard together > 1 else { return pool.parallel(count: all, grain: 1, task) }
    // Small tasks, so that cores of unequal speed end together, but none larger than `together`.
    let grain = max(1, min(together / (up == nil ? 1 : 2), all / (pool.threads * 8)))
    pool.parallel((all + grain - 1) / grain) {
      task($0 * grain..<min(all, ($0 + 1) * grain))
    }
  }

  private var tiles: Int { (rows + 31) / 32 }

  /// Some tiles' part of y.
  private func multiply(
    _ tiles: Range<Int>, gating up: PackedMatrix?, _ inputs: UnsafeRawPointer, count m: Int,
    rows chosen: Range<Int>, into y: UnsafeMutablePointer<Float>, adding: Bool, isa: ck_isa
  ) {
    let first = tiles.lowerBound * 32
    let failed = bias.withUnsafePointer { bias in
      var product = ck_product(
        type: type.packed, tiles: weights.start + tiles.lowerBound * tileBytes,
        up: up.map { UnsafeRawPointer($0.weights.start + tiles.lowerBound * tileBytes) },
        inputs: inputs, bias: bias.map { $0 + first }, y: y + first, columns: columns, m: m,
        count: min(tiles.upperBound * 32, rows) - first, stride: rows, first: chosen.lowerBound,
        last: chosen.upperBound, add: adding ? 1 : 0)
      return ck_multiply_tiles(isa, &product)
    }
    precondition(failed == 0, "no memory is left for a matrix product")
  }

  /// Packs a tile from the addresses of up to 32 stored rows.
  private static func pack(
    _ addresses: [UnsafeRawPointer], as type: MatrixType, columns: Int,
    into tile: UnsafeMutableRawPointer
  ) {
    let rows = (0..<32).map { $0 < addresses.count ? addresses[$0] : nil }
    ck_pack_tile(type.stored, rows, columns, tile)
  }

  private static func pack(
    floats: UnsafePointer<Float>, rows: Int, columns: Int, as type: MatrixType,
    into tile: UnsafeMutableRawPointer
  ) {
    let rowBytes = type.bytes(columns: columns)
    withUnsafeTemporaryAllocation(byteCount: rows * rowBytes, alignment: 64) { stored in
      type.encode(floats, count: rows * columns, into: stored.baseAddress!)
      pack(
        (0..<rows).map { UnsafeRawPointer(stored.baseAddress! + $0 * rowBytes) }, as: type,
        columns: columns, into: tile)
    }
  }
}

extension Optional where Wrapped == [Float] {
  fileprivate func withUnsafePointer<Result>(_ body: (UnsafePointer<Float>?) -> Result) -> Result {
    guard let self else { return body(nil) }
    return self.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}
