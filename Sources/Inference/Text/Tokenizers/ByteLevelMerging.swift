import Foundation

/// The kind of tokenizer that GPT-2 began and that Llama-3 and Qwen2 use: text is cut into words,
/// and the bytes of each word are merged. Every text can be spelled, so there is no unknown token,
/// and nothing is put in front of a text.
struct ByteLevelMerging: PieceMerging {
  let merges: MergeTable
  let words: WordSplitting
  /// A word that is a piece as a whole is taken without merging (Llama-3). This matters for pieces
  /// that no merges lead to.
  let ignoresMerges: Bool
  /// Text is brought into Unicode's composed form first, as Hugging Face's Qwen2 does; llama.cpp
  /// does not.
  let composes: Bool
  /// `[256]`: the piece of each byte.
  private let byteIDs: [Int32]

  /// - Throws: `MissingByte` when a byte of UTF-8 has no piece.
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
    // 0xc0, 0xc1 and 0xf5 to 0xff are in no UTF-8.
    for byte in UInt8.min...0xf4 where byteIDs[Int(byte)] < 0 && byte != 0xc0 && byte != 0xc1 {
      throw MissingByte(byte: byte)
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
      if word.count == 1 { return body(byteIDs[Int(word[0])], 1) }
      if ignoresMerges {
        let id = vocabulary.id(of: word)
        if id >= 0 { return body(id, word.count) }
      }
      var merger = PairMerger(word, symbols: .bytes) { byteIDs[Int($0[0])] }
      merger.merge { left, right, _ in merges[left, right] }
      merger.visit { id, text in body(id, text.count) }
    }
  }
}
