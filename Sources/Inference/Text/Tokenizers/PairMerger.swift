/// Byte-pair merging: joins neighbouring symbols, the best pair first, the leftmost among equals,
/// until no pair can be joined.
///
/// Symbols form a linked list and candidate pairs a heap, so that text of n symbols takes O(n log n).
struct PairMerger {
  /// What two neighbouring symbols become, and how early: lower ranks are joined first.
  struct Candidate {
    var rank: UInt32
    var id: Int32
  }

  private struct Symbol {
    var start: Int32
    /// Bytes; 0 once the symbol is part of its left neighbour.
    var length: Int32
    /// -1: a symbol without a piece.
    var id: Int32
    var previous: Int32
    var next: Int32
  }

  private struct Entry {
    /// Rank, then position of the left symbol: the smallest is joined next.
    var key: UInt64
    var left: Int32
    var right: Int32
    /// Bytes of both symbols. An entry whose symbols have changed since has another length.
    var length: Int32
    var id: Int32
  }

  private let text: UnsafeRawBufferPointer
  private var symbols: [Symbol] = []
  private var heap: [Entry] = []

  /// What merging starts from.
  enum Symbols {
    case characters, bytes
  }

  /// - Parameters:
  ///   - text: valid UTF-8, shorter than 2 GiB.
  ///   - kind: what the symbols are before anything is merged.
  ///   - pieceID: the piece of one symbol, or -1.
  init(
    _ text: UnsafeRawBufferPointer, symbols kind: Symbols,
    pieceID: (UnsafeRawBufferPointer) -> Int32
  ) {
    self.text = text
    symbols.reserveCapacity(text.count)
    var start = 0
    while start < text.count {
      let length =
        kind == .bytes ? 1 : min(Self.length(lead: text[start]), text.count - start)
      let character = UnsafeRawBufferPointer(rebasing: text[start..<(start + length)])
      let index = Int32(symbols.count)
      symbols.append(
        Symbol(
          start: Int32(start), length: Int32(length), id: pieceID(character), previous: index - 1,
          next: index + 1))
      start += length
    }
    if !symbols.isEmpty { symbols[symbols.count - 1].next = -1 }
  }

  /// Bytes of a UTF-8 character by its first byte.
  static func length(lead: UInt8) -> Int {
    switch lead {
    case ..<0xc0: 1
    case ..<0xe0: 2
    case ..<0xf0: 3
    default: 4
    }
  }

  /// - Parameter candidate: from the ids of two neighbours and their joined bytes to what they
  ///   become; nil when they cannot be joined.
  mutating func merge(
    _ candidate: (_ left: Int32, _ right: Int32, _ joined: UnsafeRawBufferPointer) -> Candidate?
  ) {
    for left in symbols.indices.dropLast() { push(Int32(left), Int32(left) + 1, candidate) }
    while let entry = pop() {
      let left = symbols[Int(entry.left)]
      let right = symbols[Int(entry.right)]
      guard left.length > 0, right.length > 0, left.length + right.length == entry.length,
        left.next == entry.right
      else { continue }
      symbols[Int(entry.left)].length = entry.length
      symbols[Int(entry.left)].id = entry.id
      symbols[Int(entry.left)].next = right.next
      symbols[Int(entry.right)].length = 0
      if right.next >= 0 {
        symbols[Int(right.next)].previous = entry.left
        push(entry.left, right.next, candidate)
      }
      if left.previous >= 0 { push(left.previous, entry.left, candidate) }
    }
  }

  /// Calls `body` for each symbol that is left, in text order.
  func visit(_ body: (_ id: Int32, _ text: UnsafeRawBufferPointer) -> Void) {
    var index = symbols.isEmpty ? -1 : 0
    while index >= 0 {
      let symbol = symbols[index]
      body(symbol.id, slice(symbol.start, symbol.length))
      index = Int(symbol.next)
    }
  }

  private func slice(_ start: Int32, _ length: Int32) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: text[Int(start)..<Int(start + length)])
  }

  private mutating func push(
    _ left: Int32, _ right: Int32, _ candidate: (Int32, Int32, UnsafeRawBufferPointer) -> Candidate?
  ) {
    let (first, second) = (symbols[Int(left)], symbols[Int(right)])
    let length = first.length + second.length
    guard let candidate = candidate(first.id, second.id, slice(first.start, length)) else { return }
    heap.append(
      Entry(
        key: UInt64(candidate.rank) << 32 | UInt64(left), left: left, right: right, length: length,
        id: candidate.id))
    var child = heap.count - 1
    while child > 0, heap[child].key < heap[(child - 1) / 2].key {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  private mutating func pop() -> Entry? {
    guard let top = heap.first else { return nil }
    let last = heap.removeLast()
    guard !heap.isEmpty else { return top }
    var parent = 0
    while true {
      var child = parent * 2 + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1].key < heap[child].key { child += 1 }
      guard heap[child].key < last.key else { break }
      heap[parent] = heap[child]
      parent = child
    }
    heap[parent] = last
    return top
  }
}
