/// The next tokens of a sequence as somebody guesses them, computed in one pass before it is known
/// whether they are right.
///
/// Each layer holds their entries only while its attention is computed (`attend`): it evicts for each
/// token what decoding the tokens before it would have evicted, and is afterwards as it was. What a
/// token received and its entries wait here. When a guess was right, `KeyValueCache.append` takes its
/// entries up, and everything goes on as after a step of its own: records, evictions, the spill file. A
/// wrong guess leaves nothing behind.
public final class RowsAhead {
  /// Tokens of the pass.
  public let count: Int
  /// `[count]`: the attention of each token where that is recorded, over the slots of each layer as
  /// they are when the token is decoded.
  public private(set) var observations: [Observation]
  private let cache: KeyValueCache
  private let first: Int
  private var eviction: (any DecodeEviction)?
  /// Whether the rule is told of attention.
  private let tellsAttention: Bool
  /// `[layers, count]` records of the entries.
  private let records: UnsafeMutableRawBufferPointer

  init(_ cache: KeyValueCache, count: Int, eviction: (any DecodeEviction)?, tellsAttention: Bool) {
    self.cache = cache
    self.count = count
    self.eviction = eviction
    self.tellsAttention = tellsAttention
    first = cache.seen
    observations = Array(repeating: Observation(layers: cache.shape.layers), count: count)
    records = .allocate(
      byteCount: cache.shape.layers * count * cache.shape.bytesPerEntry, alignment: 16)
  }

  deinit { records.deallocate() }

  /// What a layer holds for some tokens of the pass, between which it evicts nothing.
  public struct Stage {
    /// The layer with the entries of these tokens, and of later ones behind them.
    public let view: LayerView
    /// Which of the pass's tokens these are.
    public let rows: Range<Int>
    /// `[rows]`: entries that each of them sees, its own included.
    public let lengths: Range<Int>
    /// `[slots]` of the view; empty unless asked for.
    public let positions: [Int32]
    /// The lengths of all tokens of the pass; empty where they are not known at its beginning.
    public let allLengths: [Int]
    /// The number of first slots that hold the same entries for all tokens of the pass; 0 where that is
    /// not known.
    public let shared: Int
  }

  /// Lets one layer hold the tokens' entries for the time of the call. The cache must have room
  /// for them (`reserve`).
  ///
  /// - Parameters:
  ///   - keys: `[count, kvHeads, headDim]`, after rotary embedding.
  ///   - values: `[count, kvHeads, headDim]`
  ///   - needsPositions: whether stages tell their slots' positions.
  ///   - compute: computes the attention of a stage's tokens; returns that of each of them over the
  ///     entries that it sees, or empty arrays where it is not recorded. The stages follow each other.
  public func attend(
    layer: Int, keys: UnsafePointer<Float>, values: UnsafePointer<Float>, needsPositions: Bool,
    compute: (Stage) -> [[Float]]
  ) {
    let store = cache.layers[layer].store
    let before = store.length
    store.append(keys: keys, values: values, count: count) { tasks, task in
      (0..<tasks).forEach(task)
    }
    for row in 0..<count { store.readRecord(before + row, into: record(row, layer: layer)) }
    var positions =
      needsPositions
      ? cache.layers[layer].positions + (Int32(first)..<Int32(first + count)) : []
    var removed = RemovedEntries(store)
    let evictions = plannedEvictions(layer: layer, length: before)
    let allLengths = evictions.map { lengths(after: before, evicting: $0) } ?? []
    let shared = evictions.map { $0.reduce(before) { $1.isEmpty ? $0 : min($0, $1.lowerBound) } }
    var length = before
    var row = 0
    while row < count {
      let last = evictions.map { $0[row...].firstIndex { !$0.isEmpty } ?? count - 1 } ?? row
      let stage = Stage(
        view: store.view, rows: row..<last + 1, lengths: length + 1..<length + last - row + 2,
        positions: positions, allLengths: allLengths, shared: shared ?? 0)
      for (row, received) in zip(stage.rows, compute(stage)) {
        observations[row].layers[layer].received = received
      }
      length += stage.rows.count
      row = last + 1
      guard row < count else { break }
      let gone = evictions?[last] ?? slots(layer: layer, row: last, length: length)
      removed.remove(gone)
      if needsPositions { positions.removeSubrange(gone) }
      length -= gone.count
    }
    removed.putBack()
    store.truncate(to: before)
  }

  private func record(_ row: Int, layer: Int) -> UnsafeMutableRawPointer {
    records.baseAddress! + (layer * count + row) * cache.shape.bytesPerEntry
  }

  // MARK: Evictions

  /// `[count]`: what the layer evicts after each token; nil where that follows from attention.
  private func plannedEvictions(layer: Int, length: Int) -> [Range<Int>]? {
    guard let basis = eviction?.basis else { return Array(repeating: 0..<0, count: count) }
    guard basis == .lengths else { return nil }
    var length = length
    return (0..<count).map { row in
      let gone = eviction!.slots(layer: layer, length: length + 1, seen: first + row + 1)
      length += 1 - gone.count
      return gone
    }
  }

  private func lengths(after length: Int, evicting gone: [Range<Int>]) -> [Int] {
    var length = length
    return gone.map { gone in
      defer { length += 1 - gone.count }
      return length + 1
    }
  }

  /// What the layer evicts after a token whose attention is known.
  private func slots(layer: Int, row: Int, length: Int) -> Range<Int> {
    if tellsAttention {
      observations[row].layers[layer].received.withUnsafeBufferPointer {
        eviction!.record(layer: layer, attention: $0)
      }
    }
    return eviction!.slots(layer: layer, length: length, seen: first + row + 1)
  }

  // MARK: Taking up

  /// Where the entries of a token lie: `[layers]` records.
  fileprivate func entries(_ row: Int) -> [UnsafeRawPointer] {
    cache.layers.indices.map { UnsafeRawPointer(record(row, layer: $0)) }
  }
}

extension KeyValueCache {
  /// Appends one token that was computed ahead to every layer.
  ///
  /// - Throws: `CacheError.outOfMemory`.
  public func append(_ row: Int, of rows: RowsAhead, segment: Segment) throws(CacheError) {
    try reserve(1)
    extend(count: 1, segment: segment)
    for (layer, record) in zip(layers, rows.entries(row)) {
      layer.store.append(record: record)
      layer.take(1, of: segments)
    }
  }
}

/// Entries that were taken out of a store, in the order in which they were.
private struct RemovedEntries {
  private let store: LayerStore
  private var entries: [(first: Int, count: Int, records: UnsafeMutableRawPointer)] = []

  init(_ store: LayerStore) { self.store = store }

  mutating func remove(_ slots: Range<Int>) {
    guard !slots.isEmpty else { return }
    let bytes = store.shape.bytesPerEntry
    let records = UnsafeMutableRawPointer.allocate(byteCount: slots.count * bytes, alignment: 16)
    for (index, slot) in slots.enumerated() {
      store.readRecord(slot, into: records + index * bytes)
    }
    entries.append((slots.lowerBound, slots.count, records))
    store.remove(slots)
  }

  mutating func putBack() {
    for entry in entries.reversed() {
      store.insert(entry.records, count: entry.count, at: entry.first)
      entry.records.deallocate()
    }
    entries = []
  }
}
