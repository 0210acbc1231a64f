/// Reads `tokenizer.model`, the protocol buffer that sentencepiece writes.
///
/// Format: https://github.com/google/sentencepiece, `sentencepiece_model.proto`.
enum SentencePieceModel {
  static func tokenizer(of file: MappedFile) throws(WeightError) -> Tokenizer {
    do {
      return try read(file.bytes, path: file.path)
    } catch let error as WeightError {
      throw error
    } catch {
      throw .damaged(path: file.path, detail: "it is not a sentencepiece model (\(error))")
    }
  }

  /// Piece types of the proto's `SentencePiece.Type`.
  enum PieceType: Int {
    case normal = 1
    case unknown = 2
    case control = 3
    case userDefined = 4
    case unused = 5
    case byte = 6
  }

  private static func read(_ bytes: UnsafeRawBufferPointer, path: String) throws -> Tokenizer {
    var pieces: [ScoredPiece] = []
    var trainer = Trainer()
    var normaliser = Normaliser()
    try ProtocolBuffer.fields(of: bytes) { field in
      switch field.number {
      case 1: pieces.append(try piece(field.bytes()))
      case 2: try trainer.read(field.bytes())
      case 3: try normaliser.read(field.bytes())
      default: break
      }
    }
    guard trainer.modelType == 2 else {
      throw WeightError.unsupported(
        path: path,
        detail: "its model type is \(trainer.modelType); only byte-pair models (2) are known")
    }
    guard normaliser.isIdentity else {
      throw WeightError.unsupported(
        path: path,
        detail: "it normalises text with '\(normaliser.name)'; only 'identity' without removal of "
          + "spaces is known")
    }
    return try ScoredPiece.tokenizer(
      pieces, path: path, spacePrefix: normaliser.addsPrefix ? .prepend : .none,
      bos: trainer.bos, eos: trainer.eos, unknown: trainer.unknown)
  }

  private static func piece(_ bytes: UnsafeRawBufferPointer) throws -> ScoredPiece {
    var piece = ScoredPiece(text: [], score: 0, type: .normal)
    try ProtocolBuffer.fields(of: bytes) { field in
      switch field.number {
      case 1: piece.text = Array(try field.bytes())
      case 2: piece.score = try field.float()
      case 3:
        let value = try field.integer()
        guard let type = PieceType(rawValue: value) else {
          throw ProtocolBuffer.Failure.unknownValue(value)
        }
        piece.type = type
      default: break
      }
    }
    return piece
  }

  /// Defaults as in the proto.
  private struct Trainer {
    var modelType = 1
    var unknown = 0
    var bos = 1
    var eos = 2

    mutating func read(_ bytes: UnsafeRawBufferPointer) throws {
      try ProtocolBuffer.fields(of: bytes) { field in
        switch field.number {
        case 3: modelType = try field.integer()
        case 40: unknown = try field.integer()
        case 41: bos = try field.integer()
        case 42: eos = try field.integer()
        default: break
        }
      }
    }
  }

  /// Defaults as in the proto.
  private struct Normaliser {
    var name = "identity"
    var hasRules = false
    var addsPrefix = true
    var removesSpaces = true
    var escapesSpaces = true

    var isIdentity: Bool { !hasRules && !removesSpaces && escapesSpaces }

    mutating func read(_ bytes: UnsafeRawBufferPointer) throws {
      try ProtocolBuffer.fields(of: bytes) { field in
        switch field.number {
        case 1: name = String(decoding: try field.bytes(), as: UTF8.self)
        case 2: hasRules = try !field.bytes().isEmpty
        case 3: addsPrefix = try field.integer() != 0
        case 4: removesSpaces = try field.integer() != 0
        case 5: escapesSpaces = try field.integer() != 0
        default: break
        }
      }
    }
  }
}

/// A piece as sentencepiece models and GGUF metadata list it.
struct ScoredPiece {
  /// UTF-8
  var text: [UInt8]
  /// Pairs whose joined piece scores higher are joined first.
  var score: Float
  var type: SentencePieceModel.PieceType

  /// Builds the tokenizer over `pieces`, whose indices are the ids.
  static func tokenizer(
    _ pieces: [ScoredPiece], path: String, spacePrefix: Tokenizer.SpacePrefix, bos: Int, eos: Int,
    unknown: Int
  ) throws(WeightError) -> Tokenizer {
    guard !pieces.isEmpty, SizeLimit.vocabulary.contains(pieces.count) else {
      throw .damaged(path: path, detail: "its tokenizer has \(pieces.count) pieces")
    }
    for (name, id) in [("begin", bos), ("end", eos)] where !pieces.indices.contains(id) {
      throw .damaged(
        path: path,
        detail: "its \(name)-of-sequence id \(id) is outside the \(pieces.count) pieces")
    }
    guard pieces.allSatisfy({ $0.score.isFinite }) else {
      throw .damaged(path: path, detail: "a piece of its tokenizer has a score that is no number")
    }
    var vocabulary = Vocabulary(capacity: pieces.count)
    for (id, piece) in pieces.enumerated() {
      guard let kind = piece.kind, String(validating: piece.text, as: UTF8.self) != nil else {
        throw .damaged(path: path, detail: "piece \(id) of its tokenizer is not valid")
      }
      vocabulary.append(piece.text, kind: kind)
    }
    return Tokenizer(
      vocabulary: vocabulary, merges: .pieces(ranks: ranks(of: pieces)), spacePrefix: spacePrefix,
      specials: Specials(begin: bos, end: eos),
      unknown: pieces.indices.contains(unknown) ? unknown : 0,
      mandatoryCount: pieces.count)
  }

  /// nil: a byte piece whose text is not "<0xNN>".
  private var kind: PieceKind? {
    switch type {
    case .normal, .userDefined, .unused: .text
    case .unknown: .unknown
    case .control: .control
    case .byte: Self.byte(of: text).map { .byte($0) }
    }
  }

  /// The byte that "<0xNN>" stands for.
  static func byte(of text: [UInt8]) -> UInt8? {
    guard text.count == 6, text.starts(with: "<0x".utf8), text.last == UInt8(ascii: ">") else {
      return nil
    }
    return UInt8(String(decoding: text[3..<5], as: UTF8.self), radix: 16)
  }

  /// Equal scores have equal ranks: then the leftmost pair goes first.
  private static func ranks(of pieces: [ScoredPiece]) -> [UInt32] {
    var ranks = [UInt32](repeating: .max, count: pieces.count)
    let joinable = pieces.indices.filter {
      pieces[$0].type == .normal || pieces[$0].type == .userDefined
    }
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
