import KVCache

/// New rows of one sequence that go through the decoder together: the prompt (or a chunk of it) in
/// prefill, one token in decode.
struct SequenceStep {
  /// The sequence's cache; it has been extended by the new rows already, unless they are `ahead`.
  let cache: KeyValueCache
  /// Rotary angles of each new row's position.
  let angles: RotaryAngles
  let phase: Phase
  /// What the pass observes for the retention policy.
  let observing: ObservationRequest
  /// Whether the new rows attend to evicted entries, too.
  var recalls = false
  /// Where the new rows' entries and attention go when they are computed ahead of the sequence, whose
  /// cache has then not been extended; nil when they are appended to it.
  var ahead: RowsAhead?

  enum Phase { case prefill, decode }

  var count: Int { angles.count }

  /// `[count]`: the first slot of a layer that each new row sees; nil without a window. It follows
  /// from the entries' positions, because evicted entries leave gaps.
  ///
  /// - Parameters:
  ///   - isRecalled: the slots are those of the recalled layer, which holds every position.
  ///   - window: positions that a row sees, its own included; nil for all.
  func firstVisible(in layer: Int, isRecalled: Bool, window: Int?) -> [Int]? {
    guard let window else { return nil }
    let positions = isRecalled ? Array(0..<Int32(cache.seen)) : cache.positions(layer)
    var slot = 0
    return positions.suffix(count).map { position in
      while Int(position) - Int(positions[slot]) >= window { slot += 1 }
      return slot
    }
  }

  /// The new rows, cut where rows of an observed choice of segments begin or end, so that the
  /// attention of each run can be summed on its own. There is one run when no policy chooses
  /// segments.
  var runs: [Range<Int>] {
    let chosen = observing.rowsBySegments.values.joined()
    let borders = Set(chosen.flatMap { [$0.lowerBound, $0.upperBound] } + [0, count]).sorted()
    return zip(borders, borders.dropFirst()).map { $0..<$1 }
  }
}

extension LayerView {
  /// The layer's first `length` entries.
  func prefix(_ length: Int) -> LayerView {
    LayerView(
      keys: keys, values: values, length: length, headStride: headStride,
      entryStride: entryStride, precision: precision)
  }

  /// The layer without its first `count` entries.
  func dropFirst(_ count: Int) -> LayerView {
    LayerView(
      keys: keys + count * entryStride, values: values + count * entryStride,
      length: length - count, headStride: headStride, entryStride: entryStride,
      precision: precision)
  }

  /// The layer with one of its key/value heads only.
  func head(_ head: Int) -> LayerView {
    LayerView(
      keys: keys + head * headStride, values: values + head * headStride, length: length,
      headStride: headStride, entryStride: entryStride, precision: precision)
  }
}
