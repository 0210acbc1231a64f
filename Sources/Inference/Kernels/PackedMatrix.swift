import CKernels
import Synchronization

/// A linear layer: `y[m, rows] = x[m, columns] · Wᵀ (+ bias)`, W `[rows, columns]`, repacked once for
/// the kernels in bands of 32 rows (`ck_matrix.h`).
///
/// For integer types x is quantised to 8 bits, with one scale for 32 columns. A row of y depends only on
/// its row of x, neither on its neighbours nor on the number of threads. Under `amx` it also depends on
/// whether m is below 12: more rows are multiplied in tile registers, which round differently.
public final class PackedMatrix: Sendable {
  /// Rows of W, which are the elements of a row of y.
  public let rows: Int
  /// Columns of W, which are the elements of a row of x.
  public let columns: Int
  /// The type that the weights are held in; the kernels' layout follows from it.
  public let type: ElementType
  /// `[rows]`
  let bias: [Float]?
  let layout: ck_layout
  /// `[bands]` of `bandBytes`
  let weights: HugeMemory
  let bandBytes: Int

  static let bandRows = Int(CK_BAND)

  /// Packs a tensor of a model file.
  ///
  /// - Parameters:
  ///   - tensor: `[rows, columns]`
  ///   - type: one of `ElementType.targets`, or nil for the stored type's `matrixType`.
  /// - Throws: `KernelError` when the columns do not fill the type's blocks, a weight is no finite
  ///   number or memory runs out, `WeightError` when the tensor's file was changed.
  public convenience init(
    _ tensor: Tensor, as type: ElementType? = nil, bias: [Float]? = nil, pool: ThreadPool
  ) throws {
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
    // If the file was overwritten or cut short meanwhile, bytes of two files, or zeros, were
    // packed.
    try tensor.verifyUnchanged()
    // The file's pages are not needed again. Dropping them keeps the peak at the packed size.
    tensor.dropPages()
  }

  /// Packs floats.
  ///
  /// - Parameters:
  ///   - floats: `[rows, columns]`
  ///   - type: one of `ElementType.targets`.
  /// - Throws: `KernelError` when the columns do not fill the type's blocks, a weight is no finite
  ///   number or memory runs out.
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

  /// Memory that a matrix of this shape and type takes, in bytes.
  static func bytes(rows: Int, columns: Int, type: ElementType) -> Int {
    guard let layout = type.layout else { return 0 }
    return (rows + bandRows - 1) / bandRows * ck_band_bytes(layout, columns)
  }

  /// Bytes of the packed weights.
  public var bytes: Int { weights.count }

  var bands: Int { (rows + Self.bandRows - 1) / Self.bandRows }

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
