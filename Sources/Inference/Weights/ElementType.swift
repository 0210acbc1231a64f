/// How the numbers of a tensor are stored. Quantised types store blocks of `blockSize` consecutive
/// elements of a row; layouts and names as in ggml (`ggml-common.h`).
public enum ElementType: String, Sendable, Hashable, CaseIterable {
  case f64, f32, f16, bf16
  case q8_0, q4_0, q4_1, q5_0, q5_1
  case q2_k, q3_k, q4_k, q5_k, q6_k
  case u8, i8, i16, i32, i64

  /// Elements a block holds; 1 for types without blocks.
  public var blockSize: Int {
    switch self {
    case .q8_0, .q4_0, .q4_1, .q5_0, .q5_1: 32
    case .q2_k, .q3_k, .q4_k, .q5_k, .q6_k: 256
    default: 1
    }
  }

  /// Bytes a block takes; the element size for types without blocks.
  public var blockBytes: Int {
    switch self {
    case .u8, .i8: 1
    case .f16, .bf16, .i16: 2
    case .f32, .i32: 4
    case .f64, .i64: 8
    case .q8_0: 34
    case .q4_0: 18
    case .q4_1: 20
    case .q5_0: 22
    case .q5_1: 24
    case .q2_k: 84
    case .q3_k: 110
    case .q4_k: 144
    case .q5_k: 176
    case .q6_k: 210
    }
  }

  /// Bytes that `count` elements take, or nil when they do not fill whole blocks or the product
  /// overflows.
  public func bytes(count: Int) -> Int? {
    guard count >= 0, count % blockSize == 0 else { return nil }
    let (bytes, overflow) = (count / blockSize).multipliedReportingOverflow(by: blockBytes)
    return overflow ? nil : bytes
  }

  /// For example "F16" or "Q4_K".
  public var label: String { rawValue.uppercased() }
}
