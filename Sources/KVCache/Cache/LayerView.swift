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
