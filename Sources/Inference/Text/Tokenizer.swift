/// LLaMA's byte-pair tokenizer: "▁" for spaces, a space put in front of the text, bytes for
/// characters without a piece. Text is text: "</s>" or "<image>" in it are tokenized like any word.
public struct Tokenizer: Sendable {
  /// Begin and end of sequence.
  public let bos: Int
  public let eos: Int
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
    vocabulary: Vocabulary, merges: Merges, spacePrefix: SpacePrefix, bos: Int, eos: Int,
    unknown: Int, mandatoryCount: Int
  ) {
    self.vocabulary = vocabulary
    self.merges = merges
    self.spacePrefix = spacePrefix
    self.bos = bos
    self.eos = eos
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
  /// - Parameter afterSpecial: the text follows a special token in one tokenization (`</s>USER`);
  ///   makes a difference only for tokenizers that then put no space in front.
  /// - Complexity: O(n log n) in the length of the text.
  public func encode(_ text: String, afterSpecial: Bool = false) -> [Int] {
    let normalised = normalised(text, afterSpecial: afterSpecial)
    return normalised.withUnsafeBytes { bytes in
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
      var ids: [Int] = []
      merger.visit { id, text in
        if id >= 0 { ids.append(Int(id)) } else { appendBytes(text, to: &ids) }
      }
      return ids
    }
  }

  /// A character without a piece becomes its bytes, or "unknown" where a byte has no piece either.
  private func appendBytes(_ text: UnsafeRawBufferPointer, to ids: inout [Int]) {
    if text.allSatisfy({ vocabulary.byteIDs[Int($0)] >= 0 }) {
      ids.append(contentsOf: text.lazy.map { Int(vocabulary.byteIDs[Int($0)]) })
    } else if ids.last != unknown {  // as sentencepiece: a run of unknown characters is one piece
      ids.append(unknown)
    }
  }

  /// UTF-8 of the text with "▁" (E2 96 81) for each space and, depending on the tokenizer, in front.
  private func normalised(_ text: String, afterSpecial: Bool) -> [UInt8] {
    guard !text.isEmpty else { return [] }
    let space: [UInt8] = [0xe2, 0x96, 0x81]
    var result: [UInt8] = []
    result.reserveCapacity(text.utf8.count + text.utf8.count / 2 + 3)
    let startsWithSpace = text.utf8.first == 0x20 || text.utf8.starts(with: space)
    if spacePrefix.isUsed, spacePrefix.afterSpecial || !afterSpecial,
      spacePrefix.beforeSpace || !startsWithSpace
    {
      result += space
    }
    for byte in text.utf8 {
      if byte == 0x20 { result += space } else { result.append(byte) }
    }
    return result
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
