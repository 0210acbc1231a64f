/// The cache as it was when a token was computed, so that the token can be computed once more.
extension KeyValueCache {
  /// A second cache as this one was when the row of a position was computed: every layer holds the
  /// entries of earlier positions that it held then.
  ///
  /// - Parameter recalling: the row attended to evicted entries, too: every layer holds all positions
  ///   before it.
  /// - Returns: the cache, and whether all of its entries are what they were then. They may not be
  ///   where entries were merged, or evicted without a spill file.
  /// - Throws: `CacheError.outOfMemory`, and `.spill` when the file cannot be read.
  package func copied(
    asOf row: Int, recalling: Bool = false
  ) throws(CacheError) -> (cache: KeyValueCache, isExact: Bool) {
    precondition(row >= 0 && row <= seen, "the row is one that was computed, or the next one")
    let copy = KeyValueCache(shape: shape, spill: spills, openSpill: openSpill)
    copy.segments = Array(segments.prefix(row))
    copy.spill = spill
    var isExact = true
    for (index, layer) in layers.enumerated() {
      let earlier = try layer.copy(
        asOf: row, recalling: recalling, segments: copy.segments, spill: spill)
      copy.layers[index] = earlier.layer
      isExact = isExact && earlier.isExact
    }
    return (copy, isExact)
  }
}

extension CachedLayer {
  /// A second layer as this one was when the row of a position was computed: with the entries of
  /// earlier positions that it held then, evicted ones from the spill file.
  ///
  /// - Parameter recalling: it holds all earlier positions, as they were before any merge.
  /// - Returns: the layer, and whether all of its entries are what they were. They may not be where
  ///   entries were merged, or evicted without being saved.
  func copy(
    asOf row: Int, recalling: Bool, segments: [Segment], spill: SpillFile?
  ) throws(CacheError) -> (layer: CachedLayer, isExact: Bool) {
    var slotOf = slots()
    if recalling { for position in merged { slotOf[Int(position)] = -1 } }
    let wanted = recalling ? Array(0..<Int32(row)) : moves.held(now: positions, asOf: row)
    let held = wanted.filter { slotOf[Int($0)] >= 0 || spill != nil && records[Int($0)] >= 0 }
    let sources = held.map { Int(slotOf[Int($0)]) }
    let copy = CachedLayer(shape: shape)
    copy.store = try store.gathered(sources)
    _ = try restore(sources, of: held, into: copy.store, from: spill)
    copy.positions = held
    copy.records = Array(records.prefix(row))
    copy.appended = row
    copy.recount(segments)
    let isAsMerged = lastMerge.map { $0 <= row && !sources.contains(-1) } ?? true
    return (copy, held.count == wanted.count && (recalling || isAsMerged))
  }
}
