import CKernels

/// The types in which a packed matrix can hold its weights; names as in `ElementType`.
///
/// Floats can be made into f32, f16, bf16, q8_0 and q4_0. The others are kept as a file stores them.
public enum MatrixType: String, Sendable, Hashable, CaseIterable {
  case f32, f16, bf16, q8_0, q4_0, q4_1, q5_0, q5_1, q4_k, q5_k, q6_k

  /// The types that floats can be made into.
  public static let targets: [MatrixType] = [.f32, .f16, .bf16, .q8_0, .q4_0]

  /// Columns must be a multiple of this.
  public var columnUnit: Int { ck_column_unit(packed) }

  /// This type, or f16 where the columns do not fill its blocks.
  public func fitting(columns: Int) -> MatrixType { columns % columnUnit == 0 ? self : .f16 }

  /// Whole numbers with scales: inputs are rounded before they are multiplied.
  var isInteger: Bool { ck_is_float(packed) == 0 }

  var stored: ck_stored_type {
    switch self {
    case .f32: ck_stored_type(CK_STORED_F32)
    case .f16: ck_stored_type(CK_STORED_F16)
    case .bf16: ck_stored_type(CK_STORED_BF16)
    case .q8_0: ck_stored_type(CK_STORED_Q8_0)
    case .q4_0: ck_stored_type(CK_STORED_Q4_0)
    case .q4_1: ck_stored_type(CK_STORED_Q4_1)
    case .q5_0: ck_stored_type(CK_STORED_Q5_0)
    case .q5_1: ck_stored_type(CK_STORED_Q5_1)
    case .q4_k: ck_stored_type(CK_STORED_Q4_K)
    case .q5_k: ck_stored_type(CK_STORED_Q5_K)
    case .q6_k: ck_stored_type(CK_STORED_Q6_K)
    }
  }

  /// How the kernels hold it.
  var packed: ck_matrix_type { ck_packed_type(stored) }

  /// Writes floats in this type, one of `targets`, as a file would store them.
  func encode(_ floats: UnsafePointer<Float>, count: Int, into bytes: UnsafeMutableRawPointer) {
    switch self {
    case .f32: bytes.copyMemory(from: floats, byteCount: count * 4)
    case .f16: ck_f32_to_f16(floats, bytes.assumingMemoryBound(to: UInt16.self), count)
    case .bf16:
      let halves = bytes.assumingMemoryBound(to: UInt16.self)
      for i in 0..<count { halves[i] = Self.brainFloat(floats[i]) }
    case .q8_0: ck_quantize_q8_0(floats, count, bytes)
    case .q4_0: ck_quantize_q4_0(floats, count, bytes)
    default: preconditionFailure("floats cannot be made into \(rawValue)")
    }
  }

  /// Bytes of a stored row.
  func bytes(columns: Int) -> Int {
    let element = ElementType(rawValue: rawValue)!
    return columns / element.blockSize * element.blockBytes
  }

  /// The upper half of the float's bits, rounded to nearest even.
  private static func brainFloat(_ x: Float) -> UInt16 {
    let bits = x.bitPattern
    if x.isNaN { return UInt16(bits >> 16) | 0x40 }
    return UInt16((bits + 0x7fff + (bits >> 16 & 1)) >> 16)
  }
}
