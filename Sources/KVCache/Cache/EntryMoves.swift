/// When the entries of one layer left its memory and came back, so that it can be told what the layer
/// held at an earlier moment.
///
/// It costs twelve bytes for an entry that moves, beside the entry's own bytes that go to the spill file.
struct EntryMoves {
  struct Move {
    let position: Int32
    /// Positions that the layer had seen at that moment.
    var seen: Int32
    let isReturn: Bool
  }

  /// By ascending `seen`.
  private(set) var moves: [Move] = []

  /// Entries leave after a token was appended.
  ///
  /// - Parameter seen: positions that the layer has seen.
  mutating func recordEvicted(_ positions: some Sequence<Int32>, seen: Int) {
    moves += positions.lazy.map { Move(position: $0, seen: Int32(seen), isReturn: false) }
  }

  /// The selection changes. Nothing is computed between two changes at the same moment, so that only
  /// what they do together is remembered: a slider that is dragged takes no memory.
  ///
  /// - Parameters:
  ///   - before: the positions held until now, ascending.
  ///   - after: the positions held from now on, ascending.
  mutating func record(from before: [Int32], to after: [Int32], seen: Int) {
    let start = held(now: before, beforeMovesAt: seen)
    while let last = moves.last, last.seen >= seen { moves.removeLast() }
    let end = Set(after)
    recordEvicted(start.subtracting(end).sorted(), seen: seen)
    moves += end.subtracting(start).sorted()
      .map { Move(position: $0, seen: Int32(seen), isReturn: true) }
  }

  /// Forgets the positions from `seen` on. What has moved since then counts as moved now.
  mutating func truncate(to seen: Int) {
    moves.removeAll { $0.position >= seen }
    for index in moves.indices where moves[index].seen > seen { moves[index].seen = Int32(seen) }
  }

  /// The positions before `row` that the layer held when the row of that position was computed.
  ///
  /// - Parameter now: the positions held now, ascending.
  /// - Returns: ascending.
  func held(now: [Int32], asOf row: Int) -> [Int32] {
    // What moved after the row's own entry was appended had not moved yet.
    held(now: now, beforeMovesAt: row + 1).filter { $0 < row }.sorted()
  }

  private func held(now: [Int32], beforeMovesAt seen: Int) -> Set<Int32> {
    var held = Set(now)
    for move in moves.reversed() {
      guard move.seen >= seen else { break }
      if move.isReturn { held.remove(move.position) } else { held.insert(move.position) }
    }
    return held
  }
}
