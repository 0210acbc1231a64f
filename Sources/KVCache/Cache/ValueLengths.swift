/// How long entries' values are, all heads of an entry as one vector. That never changes, so it is computed
/// once for each entry, when a policy first asks for it: at a prompt's end, before anything of the prompt
/// has been evicted. Later plans read no value.
extension KeyValueCache {
  /// `[appended]`: of one layer, evicted entries included; 0 where an entry was evicted without being
  /// saved before anybody asked.
  ///
  /// - Throws: `CacheError.spill` when the file cannot be read.
  public func valueLengths(layer: Int) throws(CacheError) -> [Float] {
    try layers[layer].lengthsOfValues(from: spill)
  }
}

extension CachedLayer {
  /// `[appended]`: as the values were appended, whatever was merged into them since.
  func lengthsOfValues(from spill: SpillFile?) throws(CacheError) -> [Float] {
    let known = valueLengths.count
    guard known < appended else { return valueLengths }
    var lengths = valueLengths + repeatElement(0, count: appended - known)
    var away = Set(known..<appended)
    for slot in positions.partitioningIndex(where: { $0 >= known })..<positions.count {
      let position = Int(positions[slot])
      guard records[position] < 0 || !merged.contains(positions[slot]) else { continue }
      away.remove(position)
      lengths[position] = store.valueLength(slot)
    }
    let saved = away.filter { records[$0] >= 0 }.map { (Int(records[$0]), $0) }
    _ = try spill?.read(saved) { record, position in
      lengths[position] = shape.length(
        (0..<shape.kvHeads).map { head in
          record + (shape.kvHeads + head) * shape.vectorBytes
        })
    }
    valueLengths = lengths
    return lengths
  }
}

extension LayerStore {
  /// The length of a slot's value over all heads.
  func valueLength(_ slot: Int) -> Float {
    let view = view
    return shape.length(
      (0..<shape.kvHeads).map { head in
        UnsafeRawPointer(view.values) + head * view.headStride + slot * view.entryStride
      })
  }
}

extension CacheShape {
  /// The length of the vector that stored head vectors make up together.
  fileprivate func length(_ vectors: [UnsafeRawPointer]) -> Float {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: headDim) { floats in
      vectors.reduce(into: Float(0)) { sum, vector in
        decode(vector, to: floats.baseAddress!)
        sum += squares(floats)
      }.squareRoot()
    }
  }

  /// In eight sums, which a processor adds to at once.
  private func squares(_ floats: UnsafeMutableBufferPointer<Float>) -> Float {
    var sums = SIMD8<Float>.zero
    let whole = floats.count / 8 * 8
    for start in stride(from: 0, to: whole, by: 8) {
      let part = UnsafeRawPointer(floats.baseAddress! + start).loadUnaligned(as: SIMD8<Float>.self)
      sums += part * part
    }
    return floats[whole...].reduce(sums.sum()) { $0 + $1 * $1 }
  }
}
