import CKernels

/// How the numbers of a tensor are stored: singly, or in blocks of `blockSize` consecutive numbers of a
/// row that share scales. Layouts and names are ggml's (`ggml-common.h`).
///
/// Everything about a type comes from its row in `ck_types.h`, and a new type is added there. Only
/// types that Swift code names are constants here.
public struct ElementType: Sendable, Hashable, CaseIterable, RawRepresentable {
  let code: ck_type

  private init(code: some BinaryInteger) { self.code = ck_type(code) }

  /// The type of a name; nil when there is none.
  ///
  /// - Parameter rawValue: ggml's name in lower case, for example "q4_k".
  public init?(rawValue: String) {
    guard let type = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = type
  }

  /// All types of the list, those without blocks first.
  public static let allCases = (0..<CK_TYPE_COUNT).map { ElementType(code: $0) }

  /// IEEE double precision.
  public static let f64 = ElementType(code: CK_TYPE_F64)
  /// IEEE single precision.
  public static let f32 = ElementType(code: CK_TYPE_F32)
  /// IEEE half precision: 11 bits of significand.
  public static let f16 = ElementType(code: CK_TYPE_F16)
  /// The upper half of a single: 8 bits of significand.
  public static let bf16 = ElementType(code: CK_TYPE_BF16)
  /// Unsigned bytes.
  public static let u8 = ElementType(code: CK_TYPE_U8)
  /// Signed whole numbers of 64 bits.
  public static let i64 = ElementType(code: CK_TYPE_I64)
  /// 8 bits, with a scale for 32 numbers.
  public static let q8_0 = ElementType(code: CK_TYPE_Q8_0)
  /// 4 bits, with a scale for 32 numbers.
  public static let q4_0 = ElementType(code: CK_TYPE_Q4_0)
  /// 4 bits, with 6-bit scales and minima for 32 numbers.
  public static let q4_k = ElementType(code: CK_TYPE_Q4_K)

  private var row: ck_type_row { ck_type_at(code).pointee }

  /// ggml's name in lower case, for example "q4_k".
  public var rawValue: String { String(cString: row.name) }

  /// The name in upper case, for example "F16" or "Q4_K". For types without blocks safetensors uses
  /// the same name.
  public var label: String { rawValue.uppercased() }

  /// Elements a block holds; 1 for types without blocks.
  public var blockSize: Int { Int(row.block) }

  /// Bytes a block takes; the element's size for types without blocks.
  public var blockBytes: Int { Int(row.bytes) }

  /// Bytes that `count` elements take, or nil when they do not fill whole blocks or the product
  /// overflows.
  public func bytes(count: Int) -> Int? {
    let row = row
    guard count >= 0, count % Int(row.block) == 0 else { return nil }
    let (bytes, overflow) = (count / Int(row.block)).multipliedReportingOverflow(by: Int(row.bytes))
    return overflow ? nil : bytes
  }

  /// Where a block holds its half-precision factors, in bytes; empty for types without blocks.
  var scaleOffsets: [Int] { [row.scale, row.minimum].filter { $0 >= 0 }.map(Int.init) }

  // MARK: Names and numbers in files

  /// The number in `ggml_type`, or nil where GGUF files cannot hold the type.
  var ggufNumber: UInt32? { UInt32(exactly: row.ggml) }

  /// `general.file_type` of a GGUF file whose matrices are of this type (`llama_ftype`), or nil for
  /// types that are not written.
  var ggufFileType: UInt32? { UInt32(exactly: row.file) }

  /// PyTorch's storage class, for example "HalfStorage"; nil for types that PyTorch does not know.
  var torchStorage: String? { row.storage.map { String(cString: $0) + "Storage" } }

  // MARK: Matrices

  /// Whether a model's weights may be stored in this type; whole numbers are no weights.
  var isWeightType: Bool { row.is_weight == 1 }

  /// The types that a model's matrices can be converted to when it is loaded.
  public static let targets = allCases.filter { $0.row.is_encoded == 1 }

  /// The types in which a GGUF file can be written.
  public static let written = targets.filter { $0.ggufFileType != nil }

  /// The layout in which the kernels hold a matrix of this type; nil when they hold it as another
  /// type.
  var layout: ck_layout? { row.layout == CK_LAYOUT_NONE ? nil : row.layout }

  /// The type in which a matrix stored in this type is multiplied: the type itself when a layout of
  /// the kernels holds its weights exactly, otherwise q8_0 for blocks (nearly the same values) or
  /// f32.
  var matrixType: ElementType { layout != nil ? self : blockSize > 1 ? .q8_0 : .f32 }

  /// Whether weights are whole numbers with scales: inputs are rounded before they are multiplied.
  var isInteger: Bool { layout.map { ck_is_float($0) == 0 } ?? false }

  /// This type, or f16 where the columns do not fill its blocks.
  public func fitting(columns: Int) -> ElementType { columns % blockSize == 0 ? self : .f16 }

  // MARK: Conversion

  /// Converts `count` stored elements, a multiple of the block size, to floats. `stored` need not
  /// be aligned.
  func decode(
    _ stored: UnsafeRawPointer, count: Int, into floats: UnsafeMutablePointer<Float>
  ) {
    ck_decode(code, stored, count, floats)
  }

  /// Writes `count` floats, a multiple of the block size, as a file stores them, rounded as ggml
  /// rounds them. The type must be one of `targets`.
  func encode(_ floats: UnsafePointer<Float>, count: Int, into stored: UnsafeMutableRawPointer) {
    precondition(row.is_encoded == 1, "floats cannot be made into \(rawValue)")
    ck_encode(code, floats, count, stored)
  }
}

extension ElementType: CustomStringConvertible {
  /// The same as `rawValue`.
  public var description: String { rawValue }
}
