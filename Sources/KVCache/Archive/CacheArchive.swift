import Basics

/// Everything that the next steps of a conversation depend on, as bytes: entries in memory, evicted
/// ones, and what was recorded for policies. Marks for going back to earlier prompts are not among it,
/// nor is how the latest prompt's queries are distributed.
extension RetentionController {
  /// Writes the state between two answers.
  ///
  /// - Throws: `CacheError.spill` when evicted entries cannot be read, and what the writer throws.
  public func archive(to writer: ArchiveWriter) throws {
    try writer.array(cache.shape.numbers)
    try cache.archive(to: writer)
    try records.archive(to: writer)
    try writer.array([isAnswering])
  }

  /// Takes over what another controller has written; policy and budget stay, and act from the next
  /// prompt on. The cache must be empty, and save what it evicts.
  ///
  /// - Throws: `ArchiveError` for what does not fit; the controller is then of no further use. And
  ///   `CacheError`.
  public func restore(from reader: inout ArchiveReader) throws {
    precondition(cache.seen == 0 && cache.spills, "entries are taken over by an empty cache")
    guard try reader.array(of: Int.self) == cache.shape.numbers else {
      throw ArchiveError("it is of a cache of another shape")
    }
    try cache.restore(from: &reader)
    let records = try RetentionRecords(
      from: &reader, shape: cache.shape, positions: cache.seen)
    take(records, isAnswering: try reader.array(of: UInt8.self) == [1])
  }
}

extension CacheShape {
  fileprivate var numbers: [Int] {
    let kinds = CachePrecision.allCases
    return [layers, kvHeads, headDim, kinds.firstIndex(of: precision) ?? kinds.count]
  }
}

extension KeyValueCache {
  fileprivate func archive(to writer: ArchiveWriter) throws {
    try writer.array(segments.map(\.rawValue))
    let record = UnsafeMutableRawBufferPointer.allocate(
      byteCount: shape.bytesPerEntry, alignment: 16)
    defer { record.deallocate() }
    for layer in layers {
      try writer.array(layer.positions)
      try writer.array(layer.merged.sorted())
      for slot in layer.positions.indices {
        layer.store.readRecord(slot, into: record.baseAddress!)
        try writer.raw(UnsafeRawBufferPointer(record))
      }
      // In the order of the file that they wait in.
      let saved = layer.records.indices.filter { layer.records[$0] >= 0 }
        .sorted { layer.records[$0] < layer.records[$1] }
      try writer.array(saved.map(Int32.init))
      for position in saved {
        try spill?.read(first: Int(layer.records[position]), into: record)
        try writer.raw(UnsafeRawBufferPointer(record))
      }
    }
  }

  fileprivate func restore(from reader: inout ArchiveReader) throws {
    segments = try reader.array(of: UInt8.self).map { byte in
      guard let segment = Segment(rawValue: byte) else {
        throw ArchiveError("it names a segment \(byte)")
      }
      return segment
    }
    for layer in layers {
      layer.appended = seen
      layer.positions = try reader.positions(below: seen)
      layer.merged = Set(try reader.positions(below: seen))
      let entries = try reader.raw(layer.positions.count * shape.bytesPerEntry)
      layer.store = try LayerStore(shape: shape, records: entries)
      layer.records = [Int32](repeating: -1, count: seen)
      try restoreSaved(layer, from: &reader)
      layer.recount(segments)
      layer.forgetMoves()
      let has = Set(layer.positions)
      let isWhole = layer.records.indices.allSatisfy { position in
        layer.records[position] >= 0 || has.contains(Int32(position))
      }
      guard isWhole else { throw ArchiveError("entries are missing in it") }
    }
  }

  private func restoreSaved(_ layer: CachedLayer, from reader: inout ArchiveReader) throws {
    let saved = try reader.array(of: Int32.self)
    guard Set(saved).count == saved.count, saved.allSatisfy({ (0..<seen).contains(Int($0)) }) else {
      throw ArchiveError("it names positions that were not seen")
    }
    let bytes = try reader.raw(saved.count * shape.bytesPerEntry)
    guard !saved.isEmpty else { return }
    let first = try appendSaved(bytes)
    for (index, position) in saved.enumerated() {
      layer.records[Int(position)] = Int32(first + index)
    }
  }
}

extension ArchiveReader {
  /// Ascending positions.
  fileprivate mutating func positions(below seen: Int) throws(ArchiveError) -> [Int32] {
    let positions = try array(of: Int32.self)
    guard zip(positions, positions.dropFirst()).allSatisfy(<),
      positions.allSatisfy({ (0..<seen).contains(Int($0)) })
    else { throw ArchiveError("it names positions that were not seen") }
    return positions
  }
}

extension RetentionRecords {
  fileprivate func archive(to writer: ArchiveWriter) throws {
    let choices = bySegments.keys.sorted { $0.bits < $1.bits }
    try writer.array([firstQuery])
    try writer.array(choices.map(\.bits))
    let all = [importance, history, window, peaks, secondPass] + choices.map { bySegments[$0]! }
    for importance in all {
      for row in importance.rows { try writer.array(row) }
    }
    try writer.array(Self.flagged.map(covered.contains))
  }

  /// What the latest prompt was recorded for is written of these, and of attention from segments; the
  /// distribution of its queries is not written.
  private static let flagged: [RetentionNeed] = [.importance, .window, .peaks, .secondPass]

  fileprivate init(
    from reader: inout ArchiveReader, shape: CacheShape, positions: Int
  ) throws(ArchiveError) {
    func importance(_ reader: inout ArchiveReader) throws(ArchiveError) -> Importance {
      var rows: [[Float]] = []
      for _ in 0..<shape.layers { rows.append(try reader.array(of: Float.self)) }
      guard rows.allSatisfy({ $0.count == positions }) else {
        throw ArchiveError("its records are of another length")
      }
      return Importance(rows: rows)
    }
    let first = try reader.array(of: Int.self)
    guard first.count == 1, (0...positions).contains(first[0]) else {
      throw ArchiveError("its records begin nowhere")
    }
    let choices = try reader.array(of: UInt8.self).map(Set<Segment>.init(bits:))
    let (all, history) = (try importance(&reader), try importance(&reader))
    let (window, peaks) = (try importance(&reader), try importance(&reader))
    let secondPass = try importance(&reader)
    var bySegments: [Set<Segment>: Importance] = [:]
    for choice in choices { bySegments[choice] = try importance(&reader) }
    let flags = try reader.array(of: UInt8.self)
    var covered = Set(zip(Self.flagged, flags).filter { $1 == 1 }.map(\.0))
    covered.formUnion(choices.map { .attention(from: $0) })
    self.init(
      shape: shape, covered: covered, firstQuery: first[0], importance: all,
      history: history, window: window, peaks: peaks,
      bySegments: bySegments, secondPass: secondPass)
  }
}

extension Set<Segment> {
  fileprivate var bits: UInt8 { reduce(0) { $0 | 1 << $1.rawValue } }

  fileprivate init(bits: UInt8) {
    self = Set(Segment.allCases.filter { bits & 1 << $0.rawValue != 0 })
  }
}
