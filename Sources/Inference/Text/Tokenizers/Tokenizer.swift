/// LLaMA's byte-pair tokenizer: "▁" for spaces, a space put in front of the text, bytes for
/// characters without a piece. Text is text: "</s>" or "<image>" in it are tokenized like any word.
public struct Tokenizer: Sendable {
  /// Begin and end of sequence.
  public let specials: Specials
  let unknown: Int
  let vocabulary: Vocabulary
  private let merges: Merges
  private let spacePrefix: SpacePrefix
  /// Pieces an embedding must exist for: all but those added behind the vocabulary proper, such as
  /// "<image>" and "<pad>", which are never looked up.
  let mandatoryCount: Int

  /// How two neighbouring pieces find what they become.
  enum Merges: Sendable {
    /// sentencepiece: any two whose texts together are a piece; the piece with the better score first.
    /// `ranks[id]`: 0 is joined first, `UInt32.max` never.
    case pieces(ranks: [UInt32])
    /// tokenizer.json: the listed pairs, the first listed first. Keys as `Tokenizer.key(_:_:)`.
    case pairs([UInt64: (rank: UInt32, id: Int32)])
  }

  /// When a "▁" is put in front of a text.
  struct SpacePrefix: Sendable, Equatable {
    var isUsed: Bool
    /// Also when the text follows a special token.
    var afterSpecial: Bool
    /// Also when the text starts with a space itself.
    var beforeSpace: Bool

    /// sentencepiece, and tokenizer.json with the normaliser "Prepend".
    static let prepend = SpacePrefix(isUsed: true, afterSpecial: true, beforeSpace: true)
    /// tokenizer.json with the pre-tokenizer "Metaspace", by its prepend scheme.
    static let metaspaceAlways = SpacePrefix(isUsed: true, afterSpecial: true, beforeSpace: false)
    static let metaspaceFirst = SpacePrefix(isUsed: true, afterSpecial: false, beforeSpace: false)
    static let none = SpacePrefix(isUsed: false, afterSpecial: false, beforeSpace: false)
  }

  init(
    vocabulary: Vocabulary, merges: Merges, spacePrefix: SpacePrefix, specials: Specials,
    unknown: Int, mandatoryCount: Int
  ) {
    self.vocabulary = vocabulary
    self.merges = merges
    self.spacePrefix = spacePrefix
    self.specials = specials
    self.unknown = unknown
    self.mandatoryCount = mandatoryCount
  }

  /// Number of pieces. Ids at and above it (padding rows of an embedding) decode to nothing.
  public var count: Int { vocabulary.count }

  static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  // MARK: Text to ids

  /// The ids of `text`, without begin of sequence.
  ///
  /// - Parameter position: where the text stands in its prompt; decides about the space in front.
  /// - Complexity: O(n log n) in the length of the text.
  public func encode(_ text: String, position: TextPosition = .start) -> [Int] {
    encode([(text, ())], position: position).map(\.0)
  }

  /// The ids of several stretches of one text, each id with the label of the stretch its end lies
  /// in. The stretches are tokenized together: pieces may reach across their borders.
  func encode<Label>(
    _ stretches: [(String, Label)], position: TextPosition
  ) -> [(Int, Label)] {
    var bytes: [UInt8] = []
    var ends: [Int] = []
    for (text, _) in stretches {
      appendNormalised(text, to: &bytes, position: position)
      ends.append(bytes.count)
    }
    var ids: [(Int, Label)] = []
    ids.reserveCapacity(bytes.count / 3)
    var end = 0
    var stretch = 0
    merge(bytes) { id, text in
      end += text.count
      while ends[stretch] < end { stretch += 1 }
      let label = stretches[stretch].1
      if id >= 0 {
        ids.append((Int(id), label))
      } else if text.allSatisfy({ vocabulary.byteIDs[Int($0)] >= 0 }) {
        for byte in text { ids.append((Int(vocabulary.byteIDs[Int(byte)]), label)) }
      } else if ids.last?.0 != unknown {  // as sentencepiece: a run of unknowns is one piece
        ids.append((unknown, label))
      }
    }
    return ids
  }

  /// Calls `body` for each piece of the normalised text; -1: a character without a piece.
  private func merge(_ bytes: [UInt8], _ body: (Int32, UnsafeRawBufferPointer) -> Void) {
    bytes.withUnsafeBytes { bytes in
      var merger = PairMerger(bytes) { vocabulary.id(of: $0) }
      switch merges {
      case .pieces(let ranks):
        merger.merge { _, _, joined in
          let id = vocabulary.id(of: joined)
          guard id >= 0, ranks[Int(id)] != .max else { return nil }
          return PairMerger.Candidate(rank: ranks[Int(id)], id: id)
        }
      case .pairs(let pairs):
        merger.merge { left, right, _ in
          guard left >= 0, right >= 0, let pair = pairs[Self.key(left, right)] else { return nil }
          return PairMerger.Candidate(rank: pair.rank, id: pair.id)
        }
      }
      merger.visit(body)
    }
  }

  /// Appends UTF-8 with "▁" (E2 96 81) for each space and, depending on the tokenizer, in front of
  /// the first text.
  private func appendNormalised(
    _ text: String, to bytes: inout [UInt8], position: TextPosition
  ) {
    guard !text.isEmpty else { return }
    let space: [UInt8] = [0xe2, 0x96, 0x81]
    bytes.reserveCapacity(bytes.count + text.utf8.count + text.utf8.count / 2 + 3)
    if bytes.isEmpty, position != .continuing, spacePrefix.isUsed,
      spacePrefix.afterSpecial || position != .afterSpecial,
      spacePrefix.beforeSpace || !(text.utf8.first == 0x20 || text.utf8.starts(with: space))
    {
      bytes += space
    }
    for byte in text.utf8 {
      if byte == 0x20 { bytes += space } else { bytes.append(byte) }
    }
  }

  // MARK: Listing

  /// The pieces with scores under which sentencepiece (and llama.cpp) joins them in the same order.
  ///
  /// - Parameter count: pieces wanted: padding is added, pieces behind it are left out.
  func scoredPieces(count: Int) -> [ScoredPiece] {
    var ranks = [UInt32](repeating: .max, count: self.count)
    switch merges {
    case .pieces(let all): ranks = all
    case .pairs(let pairs):
      for pair in pairs.values { ranks[Int(pair.id)] = min(ranks[Int(pair.id)], pair.rank) }
    }
    return (0..<count).map { id in
      guard id < self.count else {
        return ScoredPiece(text: Array("[PAD\(id)]".utf8), score: -1e6, type: .unused)
      }
      let type: SentencePieceModel.PieceType =
        switch vocabulary.kinds[id] {
        case .text: .normal
        case .byte: .byte
        case .control: .control
        case .unknown: .unknown
        }
      return ScoredPiece(
        text: Array(vocabulary.piece(id)), score: ranks[id] == .max ? -1e6 : -Float(ranks[id]),
        type: type)
    }
  }

  // MARK: Ids to text

  /// The text of `ids`. The space that encoding put in front is taken away, control tokens and
  /// padding are nothing, bytes that form no character become U+FFFD.
  public func decode(_ ids: [Int]) -> String {
    var decoder = StreamingDecoder(self)
    var text = ""
    for id in ids { text += decoder.append(id) }
    return text + decoder.finish()
  }

  /// The piece itself, for people ("▁the", "<0x0A>"); nil beyond the vocabulary.
  public func piece(_ id: Int) -> String? {
    guard 0..<count ~= id else { return nil }
    return String(decoding: vocabulary.piece(id), as: UTF8.self)
  }

  /// Whether a space was put in front of encoded text.
  var removesLeadingSpace: Bool { spacePrefix.isUsed }
}

/// Where a text stands in its prompt.
public enum TextPosition: Sendable {
  /// It is tokenized on its own.
  case start
  /// It follows a special token in the same tokenization (`</s>USER`).
  case afterSpecial
  /// It continues what was tokenized before.
  case continuing
}
