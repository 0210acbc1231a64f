import CKernels

/// How keys and values are stored in the cache.
public enum CachePrecision: String, Sendable, Hashable, CaseIterable {
  case f32, f16
  /// ggml's blocks of 32: an f16 scale, then 32 signed bytes (34 bytes in all).
  case q8_0

  /// Bytes that one vector of `count` elements takes; `count` is a multiple of 32 for `q8_0`.
  public func bytes(count: Int) -> Int {
    switch self {
    case .f32: count * 4
    case .f16: count * 2
    case .q8_0: count / 32 * 34
    }
  }

  /// The type as the kernels know it.
  package var type: ck_type {
    switch self {
    case .f32: ck_type(CK_TYPE_F32)
    case .f16: ck_type(CK_TYPE_F16)
    case .q8_0: ck_type(CK_TYPE_Q8_0)
    }
  }
}

/// Raw view of one layer of the cache for the attention kernels. Valid until the cache is next
/// changed.
public struct LayerView {
  /// `[kvHeads, capacity, headDim]` in `precision`.
  public let keys: UnsafeMutableRawPointer
  /// `[kvHeads, capacity, headDim]` in `precision`.
  public let values: UnsafeMutableRawPointer
  /// Entries held; at most the capacity.
  public let length: Int
  /// Bytes from a head's first entry to the next head's.
  public let headStride: Int
  /// Bytes from one entry of a head to its next.
  public let entryStride: Int
  /// How keys and values are stored.
  public let precision: CachePrecision

  /// Creates a view; see the properties for shapes.
  public init(
    keys: UnsafeMutableRawPointer, values: UnsafeMutableRawPointer, length: Int, headStride: Int,
    entryStride: Int, precision: CachePrecision
  ) {
    self.keys = keys
    self.values = values
    self.length = length
    self.headStride = headStride
    self.entryStride = entryStride
    self.precision = precision
  }
}
