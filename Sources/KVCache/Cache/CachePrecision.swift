import CKernels

/// How keys and values are stored in the cache.
///
/// Everything about a precision comes from its row in `ck_cache.h`, and a new one is added there. Only
/// those that Swift code names are constants here.
public struct CachePrecision: Sendable, Hashable, CaseIterable, RawRepresentable {
  private let code: ck_type
  /// Whether vectors are stored rotated, so that attention over them takes rotated queries and
  /// yields rotated outputs (`rotate`).
  public let isRotated: Bool

  private init(row: ck_cache_row) {
    code = row.type
    isRotated = row.is_rotated == 1
  }

  /// The precision of a name; nil when there is none.
  ///
  /// - Parameter rawValue: ggml's name in lower case, for example "q8_0".
  public init?(rawValue: String) {
    guard let row = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = row
  }

  /// All rows of the list, in its order.
  public static let allCases = (0..<Int32(CK_CACHE_TYPE_COUNT)).map {
    CachePrecision(row: ck_cache_type_at($0))
  }

  /// IEEE single precision.
  public static let f32 = of(CK_TYPE_F32)
  /// IEEE half precision: 11 bits of significand.
  public static let f16 = of(CK_TYPE_F16)
  /// ggml's blocks of 32: an f16 scale, then 32 signed bytes (34 bytes in all).
  public static let q8_0 = of(CK_TYPE_Q8_0)
  /// ggml's blocks of 32: an f16 scale, then 32 numbers of 4 bits (18 bytes in all), rotated.
  public static let q4_0 = of(CK_TYPE_Q4_0)

  private static func of(_ type: Int) -> CachePrecision {
    allCases.first { $0.code == ck_type(type) }!
  }

  /// ggml's name in lower case, for example "q8_0".
  public var rawValue: String { String(cString: ck_type_at(code).pointee.name) }

  /// Values that share a scale, which the head vectors have to fill; 1 where each has its own bits.
  public var blockSize: Int { Int(ck_type_at(code).pointee.block) }

  /// Bytes that one vector of `count` elements takes; `count` is a multiple of the block.
  public func bytes(count: Int) -> Int {
    count / blockSize * Int(ck_type_at(code).pointee.bytes)
  }

  /// The names of all precisions for people: "f32, f16, q8_0 or q4_0".
  public static let names: String = {
    let names = allCases.map(\.rawValue)
    return names.dropLast().joined(separator: ", ") + " or " + names.last!
  }()

  /// The type as the kernels know it.
  package var type: ck_type { code }

  private var row: ck_cache_row { ck_cache_row(type: code, is_rotated: isRotated ? 1 : 0) }

  // MARK: Vectors

  /// Rotates vectors in place, as `ck_rotate` does. A second rotation undoes the first.
  ///
  /// - Parameter count: a multiple of 32.
  package static func rotate(_ vectors: UnsafeMutablePointer<Float>, count: Int) {
    ck_rotate(vectors, count)
  }

  /// Stores a vector of `count` floats.
  func encode(_ floats: UnsafePointer<Float>, count: Int, to stored: UnsafeMutableRawPointer) {
    ck_cache_encode(row, floats, count, stored)
  }

  /// Reads a stored vector of `count` floats.
  func decode(_ stored: UnsafeRawPointer, count: Int, to floats: UnsafeMutablePointer<Float>) {
    ck_cache_decode(row, stored, count, floats)
  }
}

extension CachePrecision: CustomStringConvertible {
  /// The same as `rawValue`.
  public var description: String { rawValue }
}
