import CKernels

/// Where a row of a matrix is stored when the file's order differs from the model's.
///
/// GGUF stores the rows of the query and key projections so that each head's rotary pairs are
/// neighbours; the model (half-split rotary embedding) pairs row `j` with row `j + headDim / 2`.
public struct RowOrder: Sendable, Hashable {
  /// Rows of one head; even.
  public let headDim: Int

  /// Rows `2j` and `2j + 1` of a head hold the model's rows `j` and `j + headDim / 2`.
  public static func interleavedPairs(headDim: Int) -> RowOrder { RowOrder(headDim: headDim) }

  /// The stored row that holds the model's row `row`.
  public func storedRow(_ row: Int) -> Int {
    let (head, index) = row.quotientAndRemainder(dividingBy: headDim)
    let (half, pair) = index.quotientAndRemainder(dividingBy: headDim / 2)
    return head * headDim + 2 * pair + half
  }

  /// The model's row that is stored at `row`: the inverse of `storedRow`.
  public func modelRow(_ row: Int) -> Int {
    let (head, index) = row.quotientAndRemainder(dividingBy: headDim)
    let (pair, half) = index.quotientAndRemainder(dividingBy: 2)
    return head * headDim + half * (headDim / 2) + pair
  }
}

/// A named array in a model file. Its bytes are the file's own, mapped.
public struct Tensor: @unchecked Sendable {  // bytes are never written
  /// Its name in the file.
  public let name: String
  /// Its dimensions, outermost first.
  public let shape: [Int]
  /// How the elements are stored.
  public let type: ElementType
  /// Contiguous, row-major; exactly the bytes of `count` elements.
  public let bytes: UnsafeRawBufferPointer
  /// Keeps `bytes` alive: the mapped file, or `OwnedBytes`.
  public let owner: AnyObject
  /// The order in which rows are stored; nil when it is the model's.
  public let rowOrder: RowOrder?
  /// The owner of `bytes` when that is not `owner`: a `GuardedCopy` in some debug builds.
  private let copy: AnyObject?

  /// A tensor over bytes that `owner` keeps alive.
  ///
  /// - Parameter bytes: exactly as many as `shape` and `type` take.
  public init(
    name: String, shape: [Int], type: ElementType, bytes: UnsafeRawBufferPointer, owner: AnyObject,
    rowOrder: RowOrder? = nil
  ) {
    precondition(
      type.bytes(count: shape.reduce(1, *)) == bytes.count, "bytes must fit shape and type")
    self.name = name
    self.shape = shape
    self.type = type
    self.owner = owner
    self.rowOrder = rowOrder
    #if DEBUG
      if GuardedCopy.isWanted {
        let copy = GuardedCopy(of: bytes)
        self.copy = copy
        self.bytes = copy.bytes
        return
      }
    #endif
    copy = nil
    self.bytes = bytes
  }

  /// Elements in all.
  public var count: Int { shape.reduce(1, *) }
  /// Rows, when everything but the last dimension is counted as rows.
  public var rows: Int { shape.dropLast().reduce(1, *) }
  /// Elements of a row: the last dimension (1 for a scalar).
  public var columns: Int { shape.last ?? 1 }

  /// Starts reading the tensor's bytes from their file, without waiting for them.
  func readAhead() {
    if copy == nil { (owner as? MappedFile)?.readAhead(bytes) }
  }

  /// Removes the tensor's pages from the resident set; touching them brings them back.
  func dropPages() {
    guard owner is MappedFile, copy == nil else { return }
    ck_drop_file_pages(bytes.baseAddress, bytes.count)
  }

  /// The file's path, when the tensor is mapped from one.
  public var path: String? { (owner as? MappedFile)?.path }

  /// The same tensor, marked as stored in another order of rows than the model's.
  func reordered(_ order: RowOrder) -> Tensor {
    Tensor(name: name, shape: shape, type: type, bytes: bytes, owner: owner, rowOrder: order)
  }

  /// Some of its rows as a tensor.
  func rows(_ range: Range<Int>) -> Tensor {
    precondition(rowOrder == nil && columns % type.blockSize == 0, "rows must be stored apart")
    let rowBytes = columns / type.blockSize * type.blockBytes
    return Tensor(
      name: name, shape: [range.count, columns], type: type,
      bytes: UnsafeRawBufferPointer(
        rebasing: bytes[range.lowerBound * rowBytes..<range.upperBound * rowBytes]),
      owner: owner)
  }

  /// All elements as floats, de-quantised, `[rows, columns]` with rows in the model's order.
  ///
  /// - Throws: `WeightError` when the tensor's file was changed.
  public func floats() throws(WeightError) -> [Float] {
    let floats = [Float](unsafeUninitializedCapacity: count) { buffer, initialised in
      if count > 0 { convert(rows: 0..<rows, into: buffer.baseAddress!) }
      initialised = count
    }
    try verifyUnchanged()
    return floats
  }

  /// Converts some rows to floats, in the model's order. `floats` has room for `[range, columns]`.
  /// The file may be changed meanwhile, so call `verifyUnchanged` afterwards.
  public func convert(rows range: Range<Int>, into floats: UnsafeMutablePointer<Float>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows must exist")
    guard columns > 0, let start = bytes.baseAddress else { return }
    if columns % type.blockSize != 0 {  // only a tensor whose blocks cross its rows
      precondition(rowOrder == nil && range == 0..<rows, "blocks cross the rows")
      return type.decode(start, count: count, into: floats)
    }
    let rowBytes = columns / type.blockSize * type.blockBytes
    guard let rowOrder else {
      return type.decode(
        start + range.lowerBound * rowBytes, count: range.count * columns, into: floats)
    }
    for (index, row) in range.enumerated() {
      type.decode(
        start + rowOrder.storedRow(row) * rowBytes, count: columns, into: floats + index * columns)
    }
  }

  /// Reads one row (in the model's order) again from its file and converts it to floats. If the
  /// file was cut short or overwritten after it was opened, this throws `WeightError` and yields no
  /// other file's row. `floats` has room for `[columns]`.
  func readRow(_ row: Int, into floats: UnsafeMutablePointer<Float>) throws {
    precondition(0..<rows ~= row && columns % type.blockSize == 0, "the row must exist")
    guard copy == nil, let file = owner as? MappedFile else {
      try verifyUnchanged()
      return convert(rows: row..<row + 1, into: floats)
    }
    let rowBytes = columns / type.blockSize * type.blockBytes
    let start = (rowOrder?.storedRow(row) ?? row) * rowBytes
    try withUnsafeTemporaryAllocation(byteCount: rowBytes, alignment: 64) { stored in
      try file.read(
        UnsafeRawBufferPointer(rebasing: bytes[start..<start + rowBytes]), into: stored)
      type.decode(stored.baseAddress!, count: columns, into: floats)
    }
  }

  /// The error for a tensor with NaN or infinite values.
  func notFinite() -> WeightError { .notFinite(path: path ?? name, tensor: name) }

  /// Checks that the tensor's file is as it was when it was opened.
  ///
  /// - Throws: `WeightError.damaged` when it was overwritten or cut short.
  public func verifyUnchanged() throws(WeightError) {
    if let file = owner as? MappedFile { try file.verifyUnchanged() }
  }
}

/// Memory of a tensor that could not be mapped as it is stored (strided views in `.bin` files).
final class OwnedBytes {
  let buffer: UnsafeMutableRawBufferPointer

  init(count: Int) { buffer = .allocate(byteCount: count, alignment: 64) }
  deinit { buffer.deallocate() }
}
