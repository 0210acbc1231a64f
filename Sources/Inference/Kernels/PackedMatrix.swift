import CKernels

/// The types in which a packed matrix can hold its weights.
public enum MatrixType: String, Sendable, Hashable, CaseIterable {
  case f32, f16, bf16

  var floatType: ck_float_type {
    switch self {
    case .f32: ck_float_type(CK_F32)
    case .f16: ck_float_type(CK_F16)
    case .bf16: ck_float_type(CK_BF16)
    }
  }
}

/// A linear layer: `y[m, rows] = x[m, columns] · Wᵀ (+ bias)`, W `[rows, columns]`, repacked once for
/// the kernels in tiles of 32 rows.
///
/// A row of y depends only on its row of x: not on m, nor on the number of threads.
public final class PackedMatrix: Sendable {
  public let rows: Int
  public let columns: Int
  public let type: MatrixType
  /// `[rows]`
  private let bias: [Float]?
  /// `[tiles][columns][32]`
  private let weights: HugeMemory

  /// - Parameter floats: `[rows, columns]`
  public init(
    rows: Int, columns: Int, floats: [Float], as type: MatrixType, bias: [Float]? = nil,
    pool: ThreadPool
  ) throws(KernelError) {
    precondition(floats.count == rows * columns, "floats must hold rows x columns weights")
    precondition(bias == nil || bias?.count == rows, "bias must hold one value for each row")
    self.rows = rows
    self.columns = columns
    self.type = type
    self.bias = bias
    let weights = try HugeMemory(
      count: Self.tiles(rows) * columns * 32 * Int(ck_float_bytes(type.floatType)))
    self.weights = weights
    floats.withUnsafeBufferPointer { floats in
      let source = Unchecked(floats.baseAddress!)
      pool.parallel(Self.tiles(rows)) { tile in
        let count = min(32, rows - tile * 32)
        Self.pack(
          source.value + tile * 32 * columns, count: count, columns: columns, as: type,
          into: weights.start
            + tile * columns * 32 * Int(ck_float_bytes(type.floatType)))
      }
    }
  }

  /// - Parameters:
  ///   - tensor: `[rows, columns]`
  ///   - type: nil keeps the stored type where a kernel reads it, else f32.
  public convenience init(
    _ tensor: Tensor, as type: MatrixType? = nil, bias: [Float]? = nil, pool: ThreadPool
  ) throws {
    try self.init(
      rows: tensor.rows, columns: tensor.columns, floats: tensor.floats(),
      as: type ?? MatrixType(rawValue: tensor.type.rawValue) ?? .f32, bias: bias, pool: pool)
  }

  /// Memory of the weights.
  public var bytes: Int { weights.count }

  /// - Parameters:
  ///   - x: `[m, columns]`
  ///   - y: `[m, rows]`, written; must not overlap x.
  public func multiply(
    _ x: UnsafePointer<Float>, count m: Int, into y: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    let tileBytes = columns * 32 * Int(ck_float_bytes(type.floatType))
    let tiles = Self.tiles(rows)
    let (isa, floatType) = (pool.isa, type.floatType)
    bias.withUnsafePointer { bias in
      if m == 1 {
        pool.parallel(count: tiles, grain: 1) { range in
          for tile in range {
            ck_gemv_tile(
              isa, floatType, weights.start + tile * tileBytes, columns, x,
              bias.map { $0 + tile * 32 }, min(32, rows - tile * 32), y + tile * 32)
          }
        }
        return
      }
      let packed = UnsafeMutablePointer<Float>.allocate(
        capacity: ck_packed_inputs(isa, m, columns))
      defer { packed.deallocate() }
      pool.parallel(count: m, grain: Int(ck_input_rows(isa))) { range in
        ck_pack_inputs(isa, x, m, columns, range.lowerBound, range.upperBound, packed)
      }
      pool.parallel(count: tiles, grain: 1) { range in
        for tile in range {
          ck_gemm_tile(
            isa, floatType, weights.start + tile * tileBytes, columns, packed, m,
            bias.map { $0 + tile * 32 }, min(32, rows - tile * 32), y + tile * 32, rows)
        }
      }
    }
  }

  private static func tiles(_ rows: Int) -> Int { (rows + 31) / 32 }

  /// Packs one tile from `count` rows of floats.
  private static func pack(
    _ floats: UnsafePointer<Float>, count: Int, columns: Int, as type: MatrixType,
    into tile: UnsafeMutableRawPointer
  ) {
    func pack(rows start: UnsafeRawPointer, elementBytes: Int) {
      let rows = (0..<32).map { $0 < count ? start + $0 * columns * elementBytes : nil }
      ck_pack_tile(type.floatType, rows, columns, tile)
    }
    switch type {
    case .f32: pack(rows: floats, elementBytes: 4)
    case .f16:
      withUnsafeTemporaryAllocation(of: UInt16.self, capacity: count * columns) { halves in
        ck_f32_to_f16(floats, halves.baseAddress, count * columns)
        pack(rows: halves.baseAddress!, elementBytes: 2)
      }
    case .bf16:
      withUnsafeTemporaryAllocation(of: UInt16.self, capacity: count * columns) { halves in
        for i in 0..<count * columns { halves[i] = brainFloat(floats[i]) }
        pack(rows: halves.baseAddress!, elementBytes: 2)
      }
    }
  }

  /// The upper half of the float's bits, rounded to nearest even.
  private static func brainFloat(_ x: Float) -> UInt16 {
    let bits = x.bitPattern
    if x.isNaN { return UInt16(bits >> 16) | 0x40 }
    return UInt16((bits + 0x7fff + (bits >> 16 & 1)) >> 16)
  }
}

/// Carries a pointer into a closure of the pool, which returns before the pointer's life ends.
struct Unchecked<Value>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}

extension Optional where Wrapped == [Float] {
  func withUnsafePointer<Result>(_ body: (UnsafePointer<Float>?) -> Result) -> Result {
    guard let self else { return body(nil) }
    return self.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}
