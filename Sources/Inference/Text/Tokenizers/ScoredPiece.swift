/// A piece as sentencepiece models and GGUF metadata list it.
struct ScoredPiece {
  /// Numbers of `SentencePiece.Type` in `sentencepiece_model.proto`, which GGUF uses, too.
  enum PieceType: Int {
    case normal = 1
    case unknown = 2
    case control = 3
    case userDefined = 4
    case unused = 5
    case byte = 6
  }

  /// UTF-8
  var text: [UInt8]
  /// Pairs whose joined piece scores higher are joined first.
  var score: Float
  var type: PieceType

  /// Builds a sentencepiece tokenizer over `pieces`, whose indices are the ids.
  static func tokenizer(
    _ pieces: [ScoredPiece], path: String, prefix: SentencePieceMerging.SpacePrefix,
    specials: Specials, unknown: Int, swallowsSpace: (ScoredPiece) -> Bool = { _ in false }
  ) throws(WeightError) -> Tokenizer {
    guard !pieces.isEmpty, SizeLimit.vocabulary.contains(pieces.count) else {
      throw .damaged(path: path, detail: "its tokenizer has \(pieces.count) pieces")
    }
    guard pieces.allSatisfy({ $0.score.isFinite }) else {
      throw .damaged(path: path, detail: "a piece of its tokenizer has a score that is no number")
    }
    try specials.check(within: pieces.count, "pieces", path: path)
    var vocabulary = Vocabulary(capacity: pieces.count)
    for (id, piece) in pieces.enumerated() {
      guard let kind = piece.kind, String(validating: piece.text, as: UTF8.self) != nil else {
        throw .damaged(path: path, detail: "piece \(id) of its tokenizer is not valid")
      }
      vocabulary.append(piece.text, kind: kind)
    }
    return Tokenizer(
      vocabulary: vocabulary, added: added(pieces, swallowsSpace: swallowsSpace),
      merging: SentencePieceMerging(
        merges: .pieces(ranks: ranks(of: pieces)), prefix: prefix,
        unknown: Int32(pieces.indices.contains(unknown) ? unknown : 0), unknownText: " \u{2047} "),
      specials: specials, mandatoryCount: pieces.count)
  }

  /// The pieces that are cut out of a text before it is merged.
  static func added(
    _ pieces: [ScoredPiece], swallowsSpace: (ScoredPiece) -> Bool
  ) -> [AddedTokens.Token] {
    pieces.enumerated().compactMap { id, piece in
      guard [.control, .unknown, .userDefined].contains(piece.type), !piece.text.isEmpty else {
        return nil
      }
      return AddedTokens.Token(
        text: piece.text, id: id, isSpecial: piece.type != .userDefined,
        swallowsSpace: swallowsSpace(piece))
    }
  }

  /// The kind of the piece; nil for a byte piece whose text is not "<0xNN>".
  private var kind: PieceKind? {
    switch type {
    case .normal: .text
    case .userDefined: .userDefined
    case .unused: .unused
    case .unknown: .unknown
    case .control: .control
    case .byte: Self.byte(of: text).map { .byte($0) }
    }
  }

  /// The byte that "<0xNN>" stands for.
  static func byte(of text: [UInt8]) -> UInt8? {
    guard text.count == 6, text.starts(with: "<0x".utf8), text.last == UInt8(ascii: ">"),
      text[3] != UInt8(ascii: "+"), text[3] != UInt8(ascii: "-")
    else { return nil }
    return UInt8(String(decoding: text[3..<5], as: UTF8.self), radix: 16)
  }

  /// Ranks of the pieces by score, `[pieces]`. Equal scores have equal ranks: the leftmost pair is
  /// then joined first.
  private static func ranks(of pieces: [ScoredPiece]) -> [UInt32] {
    var ranks = [UInt32](repeating: .max, count: pieces.count)
    let joinable = pieces.indices.filter { pieces[$0].type == .normal }
    var rank: UInt32 = 0
    var last: Float?
    for id in joinable.sorted(by: { pieces[$0].score > pieces[$1].score }) {
      if let last, last != pieces[id].score { rank += 1 }
      last = pieces[id].score
      ranks[id] = rank
    }
    return ranks
  }
}
