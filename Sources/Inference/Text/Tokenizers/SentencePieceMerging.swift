/// LLaMA's kind of tokenizer: "▁" for spaces, a space in front of the text, merging over the whole
/// text, and bytes for characters that have no piece.
struct SentencePieceMerging: PieceMerging {
  /// Which neighbouring pieces may be merged, and in which order.
  enum Merges: Sendable {
    /// As in sentencepiece, any two whose joined text is a piece; the piece with the best score
    /// comes first. `ranks[id]`: 0 is joined first, `UInt32.max` never.
    case pieces(ranks: [UInt32])
    /// As in tokenizer.json, the listed pairs in their order.
    case pairs(MergeTable)
  }

  /// When a "▁" is put in front of a text.
  struct SpacePrefix: Sendable, Equatable {
    var isUsed: Bool
    /// Whether it is put in when the text follows a special token, too.
    var afterSpecial: Bool
    /// Whether it is put in when the text starts with a space, too.
    var beforeSpace: Bool

    /// sentencepiece, GGUF, and tokenizer.json with the normaliser "Prepend".
    static let prepend = SpacePrefix(isUsed: true, afterSpecial: true, beforeSpace: true)
    /// tokenizer.json with the pre-tokenizer "Metaspace", by its prepend scheme.
    static let metaspaceAlways = SpacePrefix(isUsed: true, afterSpecial: true, beforeSpace: false)
    static let metaspaceFirst = SpacePrefix(isUsed: true, afterSpecial: false, beforeSpace: false)
    static let none = SpacePrefix(isUsed: false, afterSpecial: false, beforeSpace: false)
  }

  let merges: Merges
  let prefix: SpacePrefix
  /// The token for characters that have neither a piece nor byte pieces.
  let unknown: Int32
  /// What the unknown token prints: Hugging Face prints nothing, sentencepiece " ⁇ ".
  let unknownText: String

  var spelling: PieceSpelling {
    .spaceMark(removesLeadingSpace: prefix.isUsed, unknown: unknownText)
  }

  private static let spaceMark: [UInt8] = [0xe2, 0x96, 0x81]

  func append(_ text: String, to bytes: inout [UInt8], position: TextPosition) {
    guard !text.isEmpty else { return }
    bytes.reserveCapacity(bytes.count + text.utf8.count + text.utf8.count / 2 + 3)
    if bytes.isEmpty, isPrefixed(text, position) { bytes += Self.spaceMark }
    for byte in text.utf8 {
      if byte == 0x20 { bytes += Self.spaceMark } else { bytes.append(byte) }
    }
  }

  private func isPrefixed(_ text: String, _ position: TextPosition) -> Bool {
    guard prefix.isUsed, position != .continuing else { return false }
    guard prefix.afterSpecial || position != .afterSpecial else { return false }
    return prefix.beforeSpace
      || !(text.utf8.first == 0x20 || text.utf8.starts(with: Self.spaceMark))
  }

  func pieces(
    of bytes: UnsafeRawBufferPointer, in vocabulary: Vocabulary,
    _ body: (_ id: Int32?, _ byteCount: Int) -> Void
  ) {
    var lastIsUnknown = false
    merged(bytes, vocabulary).visit { id, text in
      if id >= 0 {
        body(id, text.count)
      } else if text.allSatisfy({ vocabulary.byteIDs[Int($0)] >= 0 }) {
        for byte in text { body(vocabulary.byteIDs[Int(byte)], 1) }
      } else {
        // As in sentencepiece, a run of unknown characters is one token.
        body(lastIsUnknown ? nil : unknown, text.count)
        lastIsUnknown = true
        return
      }
      lastIsUnknown = false
    }
  }

  private func merged(_ bytes: UnsafeRawBufferPointer, _ vocabulary: Vocabulary) -> PairMerger {
    var merger = PairMerger(bytes, symbols: .characters) { vocabulary.id(of: $0) }
    switch merges {
    case .pieces(let ranks):
      merger.merge { _, _, joined in
        let id = vocabulary.id(of: joined)
        guard id >= 0, ranks[Int(id)] != .max else { return nil }
        return PairMerger.Candidate(rank: ranks[Int(id)], id: id)
      }
    case .pairs(let table):
      merger.merge { left, right, _ in table[left, right] }
    }
    return merger
  }
}
