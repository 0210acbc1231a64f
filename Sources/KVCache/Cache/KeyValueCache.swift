/// The ragged key/value cache of one conversation: every layer keeps its own selection of the
/// positions seen so far.
///
/// Keys are stored after rotary embedding, and positions never change, whatever is evicted. With
/// `spill`, evicted entries wait in a temporary file and come back byte for byte. One thread at a
/// time may use a cache.
public final class KeyValueCache {
  /// Layers, heads and precision.
  public let shape: CacheShape
  /// Whether evicted entries are saved in a file. Otherwise they are lost.
  public let spills: Bool
  /// `[seen]`: which part of the conversation each position belongs to.
  public internal(set) var segments: [Segment] = []
  var layers: [CachedLayer]
  var spill: SpillFile?
  let openSpill: (Int) throws(CacheError) -> SpillFile

  /// An empty cache. The spill file is made at the first eviction.
  public convenience init(shape: CacheShape, spill: Bool) {
    self.init(shape: shape, spill: spill) { recordBytes throws(CacheError) in
      try SpillFile(recordBytes: recordBytes)
    }
  }

  init(
    shape: CacheShape, spill: Bool,
    openSpill: @escaping (_ recordBytes: Int) throws(CacheError) -> SpillFile
  ) {
    self.shape = shape
    self.spills = spill
    self.openSpill = openSpill
    layers = (0..<shape.layers).map { _ in CachedLayer(shape: shape) }
  }

  // MARK: Filling

  /// Positions seen so far.
  public var seen: Int { segments.count }

  /// Whether every layer has the entries of all announced positions.
  var isComplete: Bool { layers.allSatisfy { $0.appended == seen } }

  /// Announces `count` further positions of one segment. Every layer must then append their
  /// entries.
  public func extend(count: Int, segment: Segment) {
    segments.append(contentsOf: repeatElement(segment, count: count))
  }

  /// Makes room for `count` further entries in every layer, so that `append` cannot fail.
  ///
  /// - Throws: `CacheError.outOfMemory`.
  public func reserve(_ count: Int) throws(CacheError) {
    for layer in layers { try layer.store.reserve(count) }
  }

  /// Calls `task` with every number below `tasks`, in any order and perhaps on several threads, and
  /// returns when all calls have returned.
  public typealias Performer = (_ tasks: Int, _ task: (Int) -> Void) -> Void

  /// Appends the entries of the next `count` announced positions to one layer. It stops the program
  /// when the system has no memory and `reserve` was not called.
  ///
  /// - Parameters:
  ///   - keys: `[count, kvHeads, headDim]`, after rotary embedding.
  ///   - values: `[count, kvHeads, headDim]`
  ///   - perform: shares the work out to threads. For a long prompt that pays, because the system
  ///     clears each page of new memory at its first use.
  public func append(
    layer: Int, keys: UnsafePointer<Float>, values: UnsafePointer<Float>, count: Int,
    concurrently perform: Performer = { tasks, task in (0..<tasks).forEach(task) }
  ) {
    let target = layers[layer]
    precondition(target.appended + count <= seen, "extend the cache before appending to it")
    do {
      try target.store.reserve(count)
    } catch {
      preconditionFailure(error.description)
    }
    target.store.append(keys: keys, values: values, count: count, concurrently: perform)
    target.take(count, of: segments)
  }

  // MARK: Looking

  /// One layer for the attention kernels. Valid until the cache is next changed.
  public func view(_ layer: Int) -> LayerView { layers[layer].store.view }
  /// Entries one layer holds.
  public func length(_ layer: Int) -> Int { layers[layer].store.length }
  /// Positions of one layer's entries in slot order, ascending.
  public func positions(_ layer: Int) -> [Int32] { layers[layer].positions }

  /// Whether one layer holds the entry of a position.
  public func holds(_ position: Int, layer: Int) -> Bool {
    let positions = layers[layer].positions
    let slot = positions.partitioningIndex { $0 >= position }
    return slot < positions.count && positions[slot] == position
  }

  /// One layer's keys (after rotary embedding) or values of everything seen, as floats
  /// `[appended, kvHeads, headDim]`. Evicted entries come from the spill file; what was not saved
  /// there is zeros.
  ///
  /// - Throws: `CacheError.spill` when the file cannot be read.
  public func floats(layer: Int, _ part: EntryPart) throws(CacheError) -> [Float] {
    try layers[layer].floats(part, from: spill)
  }

  /// Bytes of the retained entries.
  public var bytesKept: Int { layers.reduce(0) { $0 + $1.store.length } * shape.bytesPerEntry }
  /// Bytes the same positions take when nothing is evicted.
  public var bytesFull: Int { layers.reduce(0) { $0 + $1.appended } * shape.bytesPerEntry }
  /// Bytes of evicted entries in the spill file.
  public var bytesSpilled: Int { spills ? bytesFull - bytesKept : 0 }
  /// Bytes mapped right now: retained entries and unused capacity.
  public var bytesResident: Int { layers.reduce(0) { $0 + $1.store.bytesResident } }

  func retention(_ layer: Int) -> LayerRetention {
    let counts = layers[layer].segmentCounts
    return LayerRetention(
      system: counts[0], image: counts[1], user: counts[2], assistant: counts[3], seen: seen)
  }

  // MARK: Copying and forgetting

  /// A second cache with the same content. Entries in memory are copied, and the spill file is
  /// shared, since its records never change.
  ///
  /// - Throws: `CacheError.outOfMemory`.
  public func copied() throws(CacheError) -> KeyValueCache {
    let copy = KeyValueCache(shape: shape, spill: spills, openSpill: openSpill)
    copy.segments = segments
    copy.spill = spill
    for (index, layer) in layers.enumerated() { copy.layers[index] = try layer.copy() }
    return copy
  }

  /// Forgets the positions from `seen` on. Earlier entries that were evicted stay evicted.
  public func truncate(to seen: Int) {
    guard seen < self.seen else { return }
    segments.removeLast(self.seen - seen)
    for layer in layers { layer.truncate(to: seen, segments: segments) }
    if isKnownUniquelyReferenced(&spill) {
      spill?.truncate(to: 1 + Int(layers.map { $0.records.max() ?? -1 }.max() ?? -1))
    }
  }

  /// Forgets everything.
  public func removeAll() {
    segments = []
    layers = layers.map { _ in CachedLayer(shape: shape) }
    spill = nil
  }

  // MARK: Evicting and restoring

  /// Removes the given slots of each layer after their entries have reached the spill file. When
  /// that fails, nothing is removed.
  func evict(_ slots: [Range<Int>]) throws(CacheError) {
    try saveOriginals(slots.map(Array.init))
    for (layer, range) in zip(layers, slots) where !range.isEmpty {
      layer.remove(range, segments: segments)
    }
  }

  /// Makes each layer hold exactly the positions `kept[layer]` (ascending), with the given merges,
  /// and evicts and restores entries to that end. Positions that were evicted without a spill file
  /// stay missing.
  ///
  /// Originals reach the spill file before anything changes, so that a full disk loses nothing.
  /// When reading the file or mapping memory fails later, some layers have the old selection, and
  /// each layer is whole.
  func retain(_ kept: [[Int32]], merges: [[Merge]]) throws(CacheError) -> Movement {
    let before = spill?.count ?? 0
    try saveOriginals(
      layers.indices.map { layers[$0].slotsToSave(kept: kept[$0], merges: merges[$0]) })
    var movement = Movement()
    movement.bytesMoved = ((spill?.count ?? 0) - before) * shape.bytesPerEntry
    for (index, layer) in layers.enumerated() {
      let moved = try layer.retain(
        kept[index], merges: merges[index], segments: segments, spill: spill)
      movement.add(moved)
    }
    return movement
  }

  /// Writes the given slots of each layer to the spill file, except those that have a record
  /// already.
  private func saveOriginals(_ slots: [[Int]]) throws(CacheError) {
    guard spills else { return }
    let pending = zip(layers, slots).map { layer, slots in
      slots.filter { layer.records[Int(layer.positions[$0])] < 0 }
    }
    guard pending.contains(where: { !$0.isEmpty }) else { return }
    if spill == nil { spill = try openSpill(shape.bytesPerEntry) }
    let spill = spill!
    var record = Int32(spill.count)
    try append(pending, to: spill)
    for (layer, slots) in zip(layers, pending) {
      for slot in slots {
        layer.records[Int(layer.positions[slot])] = record
        record += 1
      }
    }
  }

  /// Appends records that another cache has evicted.
  ///
  /// - Returns: the number of the first one.
  func appendSaved(_ records: UnsafeRawBufferPointer) throws(CacheError) -> Int {
    if spill == nil { spill = try openSpill(shape.bytesPerEntry) }
    return try spill!.append(records)
  }

  /// Appends the records of all slots, about a mebibyte a write, or none of them.
  private func append(_ slots: [[Int]], to spill: SpillFile) throws(CacheError) {
    let bytes = shape.bytesPerEntry
    let total = slots.reduce(0) { $0 + $1.count }
    let batch = min(total, max(1, (1 << 20) / bytes))
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: batch * bytes, alignment: 16)
    defer { buffer.deallocate() }
    let start = spill.count
    var filled = 0
    do throws(CacheError) {
      for (layer, slots) in zip(layers, slots) {
        for slot in slots {
          layer.store.readRecord(slot, into: buffer.baseAddress! + filled * bytes)
          filled += 1
          guard filled == batch else { continue }
          _ = try spill.append(UnsafeRawBufferPointer(buffer))
          filled = 0
        }
      }
      guard filled > 0 else { return }
      _ = try spill.append(UnsafeRawBufferPointer(rebasing: buffer[..<(filled * bytes)]))
    } catch {
      spill.truncate(to: start)
      throw error
    }
  }
}

/// What a change of the selection moved, summed over layers.
struct Movement: Equatable {
  /// Entries that left memory.
  var evicted = 0
  /// Entries that came back.
  var restored = 0
  /// Bytes written to and read from the spill file.
  var bytesMoved = 0
  /// Entries that should have come back but had not been saved.
  var lost = 0

  mutating func add(_ other: Movement) {
    evicted += other.evicted
    restored += other.restored
    bytesMoved += other.bytesMoved
    lost += other.lost
  }
}
