/// The pairs of pieces that may be merged, each with its rank and with the piece it becomes.
struct MergeTable: Sendable {
  private var candidates: [UInt64: PairMerger.Candidate] = [:]

  init(capacity: Int) { candidates.reserveCapacity(capacity) }

  /// What a pair becomes; nil when it is not listed or when one id is -1, which is no piece.
  subscript(left: Int32, right: Int32) -> PairMerger.Candidate? {
    guard left >= 0, right >= 0 else { return nil }
    return candidates[Self.key(left, right)]
  }

  /// Lists a pair. When a pair is listed twice, the first counts.
  mutating func add(left: Int32, right: Int32, rank: UInt32, id: Int32) {
    let key = Self.key(left, right)
    let candidate = PairMerger.Candidate(rank: rank, id: id)
    // One search where pairs differ, as nearly all do.
    if let first = candidates.updateValue(candidate, forKey: key) { candidates[key] = first }
  }

  /// All pairs, the first to be merged first.
  var inOrder: [(left: Int32, right: Int32, id: Int32)] {
    candidates.sorted { $0.value.rank < $1.value.rank }.map { key, candidate in
      (Int32(truncatingIfNeeded: key >> 32), Int32(truncatingIfNeeded: key), candidate.id)
    }
  }

  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }
}
