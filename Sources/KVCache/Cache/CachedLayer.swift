/// One layer of the cache: its entries, and where the evicted ones are.
final class CachedLayer {
  let shape: CacheShape
  var store: LayerStore
  /// Position of each slot, ascending.
  var positions: [Int32] = []
  /// `[appended]`: record of each position in the spill file, or -1.
  var records: [Int32] = []
  /// Positions whose entry holds a mean with others. Where there is a spill file, each of them has
  /// a record of its original there.
  var merged: Set<Int32> = []
  /// Positions appended so far, evicted ones included.
  var appended = 0
  /// `[known]`: lengths of the first positions' values, as far as somebody asked (`ValueLengths.swift`).
  var valueLengths: [Float] = []
  /// What left memory and came back, and when.
  private(set) var moves = EntryMoves()
  /// Positions seen when entries were last merged, or got their own content back; nil: never.
  private(set) var lastMerge: Int?
  /// Entries by segment.
  private(set) var segmentCounts = [Int](repeating: 0, count: Segment.allCases.count)

  init(shape: CacheShape) {
    self.shape = shape
    store = LayerStore(shape: shape)
  }

  func copy() throws(CacheError) -> CachedLayer {
    let copy = CachedLayer(shape: shape)
    copy.store = try store.gathered(Array(0..<store.length))
    copy.positions = positions
    copy.records = records
    copy.merged = merged
    copy.appended = appended
    copy.valueLengths = valueLengths
    copy.moves = moves
    copy.lastMerge = lastMerge
    copy.segmentCounts = segmentCounts
    return copy
  }

  /// `[appended]`: the slot of each position, or -1.
  func slots() -> [Int32] {
    var slotOf = [Int32](repeating: -1, count: appended)
    for (slot, position) in positions.enumerated() { slotOf[Int(position)] = Int32(slot) }
    return slotOf
  }

  /// Takes the next positions up, whose entries the store holds already.
  ///
  /// - Parameter segments: `[seen]`, of all positions.
  func take(_ count: Int, of segments: [Segment]) {
    let first = appended
    positions.append(contentsOf: Int32(first)..<Int32(first + count))
    records.append(contentsOf: repeatElement(-1, count: count))
    appended += count
    for segment in segments[first..<appended] { segmentCounts[Int(segment.rawValue)] += 1 }
  }

  func recount(_ segments: [Segment]) {
    var counts = [Int](repeating: 0, count: segmentCounts.count)
    for position in positions { counts[Int(segments[Int(position)].rawValue)] += 1 }
    segmentCounts = counts
  }

  func remove(_ slots: Range<Int>, segments: [Segment]) {
    for position in positions[slots] {
      segmentCounts[Int(segments[Int(position)].rawValue)] -= 1
      merged.remove(position)
    }
    moves.recordEvicted(positions[slots], seen: appended)
    store.remove(slots)
    positions.removeSubrange(slots)
  }

  func truncate(to seen: Int, segments: [Segment]) {
    guard seen < appended else { return }
    let length = positions.partitioningIndex { $0 >= seen }
    store.truncate(to: length)
    positions.removeSubrange(length...)
    records.removeSubrange(seen...)
    valueLengths.removeLast(max(0, valueLengths.count - seen))
    merged = merged.filter { $0 < seen }
    moves.truncate(to: seen)
    lastMerge = lastMerge.map { min($0, seen) }
    appended = seen
    recount(segments)
  }

  // MARK: Changing the selection

  /// Slots whose bytes must be saved before the selection becomes `kept`: those that leave, and
  /// those that others are merged into.
  func slotsToSave(kept: [Int32], merges: [Merge]) -> [Int] {
    var stays = [Bool](repeating: false, count: appended)
    for position in kept { stays[Int(position)] = true }
    for merge in merges { stays[Int(merge.target)] = false }
    return positions.indices.filter { !stays[Int(positions[$0])] }
  }

  /// Makes the layer hold the positions `wanted` with the given merges. When it throws, the layer
  /// is as it was.
  func retain(_ wanted: [Int32], merges: [Merge], segments: [Segment], spill: SpillFile?)
    throws(CacheError) -> Movement
  {
    let slotOf = slots()
    let kept = wanted.filter { slotOf[Int($0)] >= 0 || records[Int($0)] >= 0 }
    var movement = Movement()
    movement.lost = wanted.count - kept.count
    if kept == positions && merges.isEmpty && merged.isEmpty { return movement }

    // An entry that holds a mean gets its original back, where that was saved.
    let sources = kept.map { position -> Int in
      let hasOriginal = records[Int(position)] >= 0
      return merged.contains(position) && hasOriginal ? -1 : Int(slotOf[Int(position)])
    }
    let stayed = kept.count { slotOf[Int($0)] >= 0 }
    movement.evicted = positions.count - stayed
    movement.restored = kept.count - stayed

    if movement.restored == 0, merges.isEmpty, !sources.contains(-1) {
      store.compact(to: sources)
      merged.formIntersection(kept)
      moves.record(from: positions, to: kept, seen: appended)
      positions = kept
      recount(segments)
      return movement
    }
    let new = try store.gathered(sources)
    movement.bytesMoved += try restore(sources, of: kept, into: new, from: spill)
    let applied = try apply(merges, slotOf: slotOf, kept: kept, into: new, from: spill)
    store = new
    moves.record(from: positions, to: kept, seen: appended)
    if !merged.isEmpty || !applied.isEmpty { lastMerge = appended }
    positions = kept
    merged = applied
    recount(segments)
    return movement
  }

  /// Begins to remember moves now. What the layer held at earlier rows is then not known exactly.
  func forgetMoves() {
    moves = EntryMoves()
    lastMerge = appended
  }

  // MARK: Recalling

  /// The spill file's records of what the layer does not hold as it was appended.
  var awayRecords: [Int] {
    var isHere = [Bool](repeating: false, count: appended)
    for position in positions { isHere[Int(position)] = !merged.contains(position) }
    return isHere.indices.compactMap { isHere[$0] ? nil : Int(records[$0]) }
  }

  /// Everything that was appended, as it was before any merge, in a store of its own; nil when that
  /// is what the layer holds. Each entry that is away must have a record.
  func whole(from spill: SpillFile) throws(CacheError) -> RecalledLayer? {
    guard store.length < appended || !merged.isEmpty else { return nil }
    var sources = [Int](repeating: -1, count: appended)
    for (slot, position) in positions.enumerated() where !merged.contains(position) {
      sources[Int(position)] = slot
    }
    let whole = try store.gathered(sources)
    let all = Array(0..<Int32(appended))
    let bytes = try restore(sources, of: all, into: whole, from: spill)
    return RecalledLayer(whole, restored: bytes / shape.bytesPerEntry)
  }

  /// Reads the slots that `gathered` left open; returns the bytes read.
  func restore(
    _ sources: [Int], of kept: [Int32], into new: LayerStore, from spill: SpillFile?
  ) throws(CacheError) -> Int {
    guard let spill else { return 0 }
    var open: [(record: Int, place: Int)] = []
    for (slot, source) in sources.enumerated() where source < 0 {
      open.append((Int(records[Int(kept[slot])]), slot))
    }
    return try spill.read(open) { record, slot in new.writeRecord(record, at: slot) }
  }

  /// Replaces each target's K and V by the mean with its sources, all of them as they were before
  /// any merge. Sources that are lost are left out. Returns the targets.
  private func apply(
    _ merges: [Merge], slotOf: [Int32], kept: [Int32], into new: LayerStore, from spill: SpillFile?
  ) throws(CacheError) -> Set<Int32> {
    // Without a spill file the originals are lost, and what was merged stays merged.
    var targets = spill == nil ? merged.intersection(kept) : []
    guard !merges.isEmpty else { return targets }
    let values = 2 * shape.kvHeads * shape.headDim
    let record = UnsafeMutableRawBufferPointer.allocate(
      byteCount: shape.bytesPerEntry, alignment: 16)
    defer { record.deallocate() }
    var vector = [Float](repeating: 0, count: values)
    for merge in merges {
      let slot = kept.partitioningIndex { $0 >= merge.target }
      guard slot < kept.count, kept[slot] == merge.target else { continue }
      new.readRecord(slot, into: record.baseAddress!)
      var sum = [Float](repeating: 0, count: values)
      shape.decode(record.baseAddress!, vectors: 2 * shape.kvHeads, to: &sum)
      var count: Float = 1
      for source in merge.sources {
        guard try original(of: source, slotOf: slotOf, into: record, from: spill) else { continue }
        shape.decode(record.baseAddress!, vectors: 2 * shape.kvHeads, to: &vector)
        for index in 0..<values { sum[index] += vector[index] }
        count += 1
      }
      for index in 0..<values { sum[index] /= count }
      encode(sum, into: record)
      new.writeRecord(record.baseAddress!, at: slot)
      targets.insert(merge.target)
    }
    return targets
  }

  /// Reads the bytes that a position had before any merge. Returns false when they are lost.
  private func original(
    of position: Int32, slotOf: [Int32], into record: UnsafeMutableRawBufferPointer,
    from spill: SpillFile?
  ) throws(CacheError) -> Bool {
    let slot = Int(slotOf[Int(position)])
    if slot >= 0, !merged.contains(position) {
      store.readRecord(slot, into: record.baseAddress!)
      return true
    }
    guard let spill, records[Int(position)] >= 0 else { return false }
    try spill.read(first: Int(records[Int(position)]), into: record)
    return true
  }

  private func encode(_ values: [Float], into record: UnsafeMutableRawBufferPointer) {
    values.withUnsafeBufferPointer { values in
      for row in 0..<2 * shape.kvHeads {
        shape.encode(
          values.baseAddress! + row * shape.headDim,
          to: record.baseAddress! + row * shape.vectorBytes)
      }
    }
  }

  // MARK: Reading

  /// Keys or values of all positions as they were appended, `[appended, kvHeads, headDim]`. Evicted
  /// entries, and those that others were merged into, come from the spill file. What was evicted
  /// without being saved is zeros; what others were merged into without its being saved is as
  /// merged.
  func floats(_ part: EntryPart, from spill: SpillFile?) throws(CacheError) -> [Float] {
    let width = shape.kvHeads * shape.headDim
    let offset = part == .keys ? 0 : shape.kvHeads * shape.vectorBytes
    var floats = [Float](repeating: 0, count: appended * width)
    let record = UnsafeMutableRawPointer.allocate(byteCount: shape.bytesPerEntry, alignment: 16)
    defer { record.deallocate() }
    var isHere = [Bool](repeating: false, count: appended)
    for (slot, position) in positions.enumerated() {
      let position = Int(position)
      guard records[position] < 0 || !merged.contains(Int32(position)) else { continue }
      isHere[position] = true
      store.readRecord(slot, into: record)
      floats.withUnsafeMutableBufferPointer {
        shape.decode(
          record + offset, vectors: shape.kvHeads, to: $0.baseAddress! + position * width)
      }
    }
    guard let spill else { return floats }
    let away = isHere.indices.filter { !isHere[$0] && records[$0] >= 0 }
    try floats.withUnsafeMutableBufferPointer { floats throws(CacheError) in
      _ = try spill.read(away.map { (Int(records[$0]), $0) }) { record, position in
        shape.decode(
          record + offset, vectors: shape.kvHeads, to: floats.baseAddress! + position * width)
      }
    }
    return floats
  }
}
