import Foundation

/// What a token stands for.
enum PieceKind: Sendable, Equatable {
  /// Text in the spelling of the vocabulary, found by merging.
  case text
  /// One byte of a character that has no piece of its own.
  case byte(UInt8)
  /// Stands for something else than text: begin and end of sequence, image marker, padding.
  case control
  case unknown
  /// Text as it is printed, cut out before merging.
  case userDefined
  /// A row that no text leads to; it prints nothing.
  case unused
}

/// The pieces of a tokenizer and an index from their UTF-8 bytes to ids.
///
/// Pieces are compared byte by byte. (A dictionary of `String` would not do: Swift's strings are
/// equal when they are canonically equivalent, and vocabularies hold such pairs.)
struct Vocabulary: Sendable {
  /// UTF-8 of all pieces, one after the other.
  private var bytes: [UInt8] = []
  /// `[pieces + 1]`: piece `id` is `bytes[offsets[id]..<offsets[id + 1]]`.
  private var offsets: [Int32] = [0]
  private(set) var kinds: [PieceKind] = []
  /// `[256]`: the piece of each byte, -1 where there is none.
  private(set) var byteIDs = [Int32](repeating: -1, count: 256)
  /// Open addressing over a power of two, at most half full; -1 is empty. Only text pieces are in it.
  private var slots: [Slot] = []
  /// Length of the longest text piece in bytes.
  private(set) var longest = 0

  var count: Int { kinds.count }

  init(capacity: Int) {
    var size = 64
    while size < capacity * 2 { size *= 2 }
    slots = [Slot](repeating: .empty, count: size)
    kinds.reserveCapacity(capacity)
    offsets.reserveCapacity(capacity + 1)
  }

  /// Adds the next piece; its id is the number of pieces before it. When
  /// two texts are equal, the first counts.
  mutating func append(_ utf8: some Collection<UInt8>, kind: PieceKind) {
    let id = Int32(kinds.count)
    bytes.append(contentsOf: utf8)
    offsets.append(Int32(bytes.count))
    kinds.append(kind)
    switch kind {
    case .byte(let byte): if byteIDs[Int(byte)] < 0 { byteIDs[Int(byte)] = id }
    case .text:
      longest = max(longest, utf8.count)
      insert(id)
    case .control, .unknown, .userDefined, .unused: break
    }
  }

  private mutating func insert(_ id: Int32) {
    if kinds.count * 2 > slots.count { grow() }
    piece(Int(id)).withUnsafeBytes { text in
      let (slot, tag) = slot(of: text)
      if slots[slot].id < 0 { slots[slot] = Slot(id: id, tag: tag) }
    }
  }

  private mutating func grow() {
    slots = [Slot](repeating: .empty, count: slots.count * 2)
    for id in 0..<(kinds.count - 1) where kinds[id] == .text {
      piece(id).withUnsafeBytes { text in
        let (slot, tag) = slot(of: text)
        if slots[slot].id < 0 { slots[slot] = Slot(id: Int32(id), tag: tag) }
      }
    }
  }

  /// A piece in the index. The tag is a part of its text's hash, so that other texts are passed over
  /// without a look at them.
  private struct Slot {
    var id: Int32
    var tag: UInt32

    static let empty = Slot(id: -1, tag: 0)
  }

  /// The slot that holds `text`, or the empty one where it would go, and the text's tag.
  private func slot(of text: UnsafeRawBufferPointer) -> (index: Int, tag: UInt32) {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325  // FNV-1a
    for byte in text { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let tag = UInt32(truncatingIfNeeded: hash >> 32)
    return slots.withUnsafeBufferPointer { slots in
      let mask = slots.count - 1
      var slot = Int(truncatingIfNeeded: hash ^ hash >> 32) & mask
      while slots[slot].id >= 0,
        slots[slot].tag != tag || !isEqual(Int(slots[slot].id), text)
      {
        slot = (slot + 1) & mask
      }
      return (slot, tag)
    }
  }

  private func isEqual(_ id: Int, _ text: UnsafeRawBufferPointer) -> Bool {
    let start = Int(offsets[id])
    guard Int(offsets[id + 1]) - start == text.count, let other = text.baseAddress else {
      return Int(offsets[id + 1]) == start && text.isEmpty
    }
    return bytes.withUnsafeBytes { memcmp($0.baseAddress! + start, other, text.count) == 0 }
  }

  /// UTF-8 of a piece.
  func piece(_ id: Int) -> ArraySlice<UInt8> { bytes[Int(offsets[id])..<Int(offsets[id + 1])] }

  /// The text piece with exactly these bytes, or -1.
  func id(of text: UnsafeRawBufferPointer) -> Int32 {
    guard text.count <= longest else { return -1 }
    return slots[slot(of: text).index].id
  }

  /// The pieces of two neighbours and of their joined text; nil unless all three are text pieces.
  ///
  /// - Parameter border: where the second begins in `joined`.
  func merge(
    _ joined: [UInt8], at border: Int
  ) -> (left: Int32, right: Int32, joined: Int32)? {
    joined.withUnsafeBytes { bytes in
      let left = id(of: UnsafeRawBufferPointer(rebasing: bytes[..<border]))
      let right = id(of: UnsafeRawBufferPointer(rebasing: bytes[border...]))
      let both = id(of: bytes)
      return left >= 0 && right >= 0 && both >= 0 ? (left, right, both) : nil
    }
  }

  func id(of text: String) -> Int? {
    var text = text
    let id = text.withUTF8 { self.id(of: UnsafeRawBufferPointer($0)) }
    return id < 0 ? nil : Int(id)
  }
}
