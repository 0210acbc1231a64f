import Foundation

/// The kind of tokenizer that GPT-2 began and that Llama-3 and Qwen2 use: text is cut into words,
/// and the bytes of each word are merged. Every text of printed characters can be spelled, so there is
/// no unknown token, and nothing is put in front of a text.
struct ByteLevelMerging: PieceMerging {
  let merges: MergeTable
  let words: WordSplitting
  /// Whether a word that is a piece as a whole is taken without merging (Llama-3). This matters for
  /// pieces that no merges lead to.
  let ignoresMerges: Bool
  /// Whether text is brought into Unicode's composed form (NFC) first, as Hugging Face's Qwen2
  /// does; llama.cpp does not.
  let composes: Bool
  /// `[256]`: the piece of each byte; -1 for bytes that are left out of a text, as Hugging Face's
  /// tokenizers do.
  private let byteIDs: [Int32]

  /// - Throws: `MissingByte` when a byte that printed characters need has no piece.
  init(
    merges: MergeTable, words: WordSplitting, ignoresMerges: Bool, composes: Bool,
    vocabulary: Vocabulary
  ) throws(MissingByte) {
    self.merges = merges
    self.words = words
    self.ignoresMerges = ignoresMerges
    self.composes = composes
    byteIDs = (UInt8.min...UInt8.max).map { byte in
      withUnsafeBytes(of: byte) { vocabulary.id(of: $0) }
    }
    for byte in UInt8.min...UInt8.max where byteIDs[Int(byte)] < 0 && Self.isNeeded(byte) {
      throw MissingByte(byte: byte)
    }
  }

  /// Whether a byte must have a piece. SmolLM2's vocabulary lacks some control characters and the
  /// first bytes of rare planes, and no UTF-8 holds 0xc0, 0xc1 or 0xf5 to 0xff.
  private static func isNeeded(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x20...0x7e, 0x80...0xbf, 0xc2...0xf0: true
    case 0x09, 0x0a, 0x0d: true
    default: false
    }
  }

  /// A byte that the vocabulary cannot spell.
  struct MissingByte: Error {
    let byte: UInt8
  }

  var spelling: PieceSpelling { .bytes }

  func append(_ text: String, to bytes: inout [UInt8], position: TextPosition) {
    let isComposed = !composes || text.utf8.allSatisfy { $0 < 0x80 }
    bytes += (isComposed ? text : text.precomposedStringWithCanonicalMapping).utf8
  }

  func pieces(
    of bytes: UnsafeRawBufferPointer, in vocabulary: Vocabulary,
    _ body: (_ id: Int32?, _ byteCount: Int) -> Void
  ) {
    words.words(of: bytes) { range in
      let word = UnsafeRawBufferPointer(rebasing: bytes[range])
      if word.count == 1 { return body(id(of: word[0]), 1) }
      if ignoresMerges {
        let id = vocabulary.id(of: word)
        if id >= 0 { return body(id, word.count) }
      }
      var merger = PairMerger(word, symbols: .bytes) { byteIDs[Int($0[0])] }
      merger.merge { left, right, _ in merges[left, right] }
      merger.visit { id, text in body(id < 0 ? nil : id, text.count) }
    }
  }

  private func id(of byte: UInt8) -> Int32? {
    let id = byteIDs[Int(byte)]
    return id < 0 ? nil : id
  }
}
