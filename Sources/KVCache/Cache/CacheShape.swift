/// Sizes of a key/value cache. A cache holds `layers` layers; an entry is one key and one value
/// vector, each `[kvHeads, headDim]`, of one layer at one position.
public struct CacheShape: Sendable, Equatable {
  public let layers: Int
  public let kvHeads: Int
  public let headDim: Int
  public let precision: CachePrecision

  /// - Throws: `CacheError.badShape` for sizes below 1, and for q8_0 with head vectors that blocks
  ///   of 32 do not fill.
  public init(layers: Int, kvHeads: Int, headDim: Int, precision: CachePrecision)
    throws(CacheError)
  {
    guard layers > 0, kvHeads > 0, headDim > 0 else {
      throw .badShape(
        "\(layers) layers, \(kvHeads) heads of \(headDim) values: all must be 1 or more")
    }
    guard precision != .q8_0 || headDim % 32 == 0 else {
      throw .badShape(
        "q8_0 stores blocks of 32 values and this model's heads have \(headDim); use f16")
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

/// What can go wrong with the cache's memory and its spill file. The cache is unchanged after each.
public enum CacheError: Error, Equatable, CustomStringConvertible {
  case badShape(String)
  case outOfMemory(bytes: Int)
  /// `operation` is "create", "write" or "read"; `reason` the system's words.
  case spill(operation: String, path: String, reason: String)

  public var description: String {
    switch self {
    case .badShape(let problem):
      "The cache cannot have this shape: \(problem)."
    case .outOfMemory(let bytes):
      "The system refused \(bytes) bytes for the key/value cache. Lower the budget or shorten the conversation."
    case .spill(let operation, let path, let reason):
      "Could not \(operation) the file for evicted cache entries in \(path): \(reason). Nothing was evicted; free some space or set XDG_STATE_HOME to a folder with room."
    }
  }
}
