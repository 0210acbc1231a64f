import Glibc

/// Keys and values of one layer in one mapping: `[2 (K, V), kvHeads, capacity, headDim]`.
///
/// A store knows slots; which position a slot holds is known to `CachedLayer`. A record is one
/// entry packed as `[2 (K, V), kvHeads, headDim]` in the cache's precision.
final class LayerStore {
  let shape: CacheShape
  private(set) var length = 0
  private(set) var capacity = 0
  private var memory: MappedMemory?

  init(shape: CacheShape) { self.shape = shape }

  /// Bytes mapped.
  var bytesResident: Int { memory?.bytes ?? 0 }

  var view: LayerView {
    // A layer without entries needs an address too, although nobody reads there.
    let base = memory?.base ?? UnsafeMutableRawPointer(bitPattern: 64)!
    return LayerView(
      keys: base, values: base + shape.kvHeads * headStride, length: length,
      headStride: headStride, entryStride: shape.vectorBytes, precision: shape.precision)
  }

  private var headStride: Int { capacity * shape.vectorBytes }

  /// Address of vector row `row` (K heads first, then V heads) at `slot`.
  private func address(_ row: Int, _ slot: Int) -> UnsafeMutableRawPointer {
    memory!.base + row * headStride + slot * shape.vectorBytes
  }

  private var rows: Int { 2 * shape.kvHeads }

  // MARK: Growing

  /// Makes room for `count` more slots. The capacity grows by an eighth at least, so that an entry
  /// is copied a bounded number of times while others are appended one by one.
  func reserve(_ count: Int) throws(CacheError) {
    guard length + count > capacity else { return }
    try move(toCapacity: max(length + count, length + max(8, length / 8)))
  }

  private func move(toCapacity newCapacity: Int) throws(CacheError) {
    let new = try MappedMemory(atLeast: newCapacity * shape.bytesPerEntry)
    for row in 0..<rows where length > 0 {
      let target = new.base + row * newCapacity * shape.vectorBytes
      target.copyMemory(from: address(row, 0), byteCount: length * shape.vectorBytes)
    }
    memory = new
    capacity = newCapacity
  }

  /// Entries of a head that one thread appends together; no more than these in all are appended by the
  /// caller alone.
  private static let entriesTogether = 32

  /// Appends `count` entries; keys and values are `[count, kvHeads, headDim]` f32. `reserve` first.
  func append(
    keys: UnsafePointer<Float>, values: UnsafePointer<Float>, count: Int,
    concurrently perform: KeyValueCache.Performer
  ) {
    precondition(length + count <= capacity, "reserve before append")
    guard count > Self.entriesTogether else {
      for head in 0..<shape.kvHeads { encode(keys, values, 0..<count, head: head) }
      length += count
      return
    }
    // Head by head, as decoding reads them: on machines with several memories, the pages of a head
    // are in that of the thread that touched them first.
    let groups = (count + Self.entriesTogether - 1) / Self.entriesTogether
    perform(shape.kvHeads * groups) { task in
      let (head, group) = task.quotientAndRemainder(dividingBy: groups)
      let first = group * Self.entriesTogether
      encode(keys, values, first..<min(count, first + Self.entriesTogether), head: head)
    }
    length += count
  }

  /// Encodes one head of some new entries behind those that are there.
  private func encode(
    _ keys: UnsafePointer<Float>, _ values: UnsafePointer<Float>, _ entries: Range<Int>, head: Int
  ) {
    for entry in entries {
      let offset = (entry * shape.kvHeads + head) * shape.headDim
      shape.encode(keys + offset, to: address(head, length + entry))
      shape.encode(values + offset, to: address(shape.kvHeads + head, length + entry))
    }
  }

  // MARK: Shrinking

  /// Removes the slots in `range` and closes the gap. The capacity stays.
  func remove(_ range: Range<Int>) {
    let tail = (length - range.upperBound) * shape.vectorBytes
    if tail > 0 {
      for row in 0..<rows {
        memmove(address(row, range.lowerBound), address(row, range.upperBound), tail)
      }
    }
    length -= range.count
  }

  /// Puts entries back before slot `first`, in their order: the inverse of `remove`, after which there is
  /// room for them.
  ///
  /// - Parameter records: `[count]` records.
  func insert(_ records: UnsafeRawPointer, count: Int, at first: Int) {
    precondition(length + count <= capacity, "what is put back was there before")
    let tail = (length - first) * shape.vectorBytes
    if tail > 0 {
      for row in 0..<rows { memmove(address(row, first + count), address(row, first), tail) }
    }
    length += count
    for index in 0..<count { writeRecord(records + index * shape.bytesPerEntry, at: first + index) }
  }

  /// Appends an entry; `reserve` first.
  func append(record: UnsafeRawPointer) {
    precondition(length < capacity, "reserve before append")
    length += 1
    writeRecord(record, at: length - 1)
  }

  func truncate(to newLength: Int) { length = min(length, newLength) }

  func removeAll() {
    memory = nil
    length = 0
    capacity = 0
  }

  // MARK: Records

  func readRecord(_ slot: Int, into record: UnsafeMutableRawPointer) {
    for row in 0..<rows {
      (record + row * shape.vectorBytes).copyMemory(
        from: address(row, slot), byteCount: shape.vectorBytes)
    }
  }

  func writeRecord(_ record: UnsafeRawPointer, at slot: Int) {
    for row in 0..<rows {
      address(row, slot).copyMemory(
        from: record + row * shape.vectorBytes, byteCount: shape.vectorBytes)
    }
  }

  /// A store of records that lie one behind the other.
  convenience init(shape: CacheShape, records: UnsafeRawBufferPointer) throws(CacheError) {
    self.init(shape: shape)
    let count = records.count / shape.bytesPerEntry
    guard count > 0, let base = records.baseAddress else { return }
    try move(toCapacity: Self.capacity(for: count))
    length = count
    for slot in 0..<count { writeRecord(base + slot * shape.bytesPerEntry, at: slot) }
  }

  // MARK: Selecting

  /// Keeps only `slots` (ascending), in place, and gives the other memory back to the system.
  func compact(to slots: [Int]) {
    guard !slots.isEmpty else { return removeAll() }
    let newCapacity = min(capacity, Self.capacity(for: slots.count))
    let runs = Self.runs(slots)
    let bytes = shape.vectorBytes
    // Every row and slot moves to a lower address or stays, so that in ascending order nothing is
    // overwritten before it has moved.
    for row in 0..<rows {
      let target = memory!.base + row * newCapacity * bytes
      for run in runs {
        memmove(target + run.start * bytes, address(row, run.source), run.count * bytes)
      }
    }
    length = slots.count
    capacity = newCapacity
    memory!.shrink(toAtLeast: newCapacity * shape.bytesPerEntry)
  }

  /// A new store of `slots.count` entries in a mapping of its own. Its slot `i` holds what slot
  /// `slots[i]` holds here. Where that is -1, `writeRecord` must fill the slot.
  func gathered(_ slots: [Int]) throws(CacheError) -> LayerStore {
    let new = LayerStore(shape: shape)
    guard !slots.isEmpty else { return new }
    try new.move(toCapacity: Self.capacity(for: slots.count))
    new.length = slots.count
    let runs = Self.runs(slots)
    for row in 0..<rows {
      for run in runs where run.source >= 0 {
        new.address(row, run.start).copyMemory(
          from: address(row, run.source), byteCount: run.count * shape.vectorBytes)
      }
    }
    return new
  }

  /// Slots that a selection of `count` entries gets: some are free, so that decoding can go on.
  private static func capacity(for count: Int) -> Int { count + max(1, count / 32) }

  /// Neighbouring slots in runs that can be copied together. A slot of -1 is a run of its own.
  private static func runs(_ slots: [Int]) -> [(start: Int, source: Int, count: Int)] {
    var runs: [(start: Int, source: Int, count: Int)] = []
    for (slot, source) in slots.enumerated() {
      if let last = runs.last, last.source >= 0, source == last.source + last.count {
        runs[runs.count - 1].count += 1
      } else {
        runs.append((slot, source, 1))
      }
    }
    return runs
  }
}

extension CacheShape {
  /// One head vector from f32 into the cache's precision.
  func encode(_ vector: UnsafePointer<Float>, to target: UnsafeMutableRawPointer) {
    precision.encode(vector, count: headDim, to: target)
  }

  /// `count` vectors that lie one behind the other into `[count, headDim]` floats.
  func decode(
    _ source: UnsafeRawPointer, vectors count: Int, to floats: UnsafeMutablePointer<Float>
  ) {
    for row in 0..<count { decode(source + row * vectorBytes, to: floats + row * headDim) }
  }

  /// One head vector from the cache's precision into f32.
  func decode(_ source: UnsafeRawPointer, to vector: UnsafeMutablePointer<Float>) {
    precision.decode(source, count: headDim, to: vector)
  }
}
