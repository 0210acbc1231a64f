/// Sizes of a key/value cache. A cache holds `layers` layers; an entry is one key and one value
/// vector, each `[kvHeads, headDim]`, of one layer at one position.
public struct CacheShape: Sendable, Equatable {
  /// Decoder layers.
  public let layers: Int
  /// Key/value heads of each layer.
  public let kvHeads: Int
  /// Elements of one head's key or value vector.
  public let headDim: Int
  /// How vectors are stored.
  public let precision: CachePrecision

  /// - Throws: `CacheError.badShape` for sizes below 1, and for head vectors that the precision's
  ///   blocks of 32 do not fill.
  public init(layers: Int, kvHeads: Int, headDim: Int, precision: CachePrecision)
    throws(CacheError)
  {
    guard layers > 0, kvHeads > 0, headDim > 0 else {
      throw .badShape(
        "\(layers) layers, \(kvHeads) heads of \(headDim) values: all must be 1 or more")
    }
    guard headDim % precision.blockSize == 0 else {
      throw .badShape(
        "\(precision) stores blocks of \(precision.blockSize) values and this model's heads have "
          + "\(headDim); use f16")
    }
    self.layers = layers
    self.kvHeads = kvHeads
    self.headDim = headDim
    self.precision = precision
  }

  /// Bytes of one head's key (or value) vector.
  public var vectorBytes: Int { precision.bytes(count: headDim) }

  /// Bytes of one entry: K and V of one layer at one position.
  public var bytesPerEntry: Int { 2 * kvHeads * vectorBytes }
}

/// One half of every entry.
public enum EntryPart: Sendable { case keys, values }
