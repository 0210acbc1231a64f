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
        detail: "its model type is \(trainer.modelType); only byte-pair models (2) are supported")
    }
    guard normaliser.isIdentity else {
      throw WeightError.unsupported(
        path: path,
        detail: "it normalises text with '\(normaliser.name)'; only 'identity' without removal of "
          + "spaces is supported")
    }
    return try ScoredPiece.tokenizer(
      pieces, path: path, prefix: normaliser.addsPrefix ? .prepend : .none,
      specials: Specials(begin: trainer.begin, end: trainer.end), unknown: trainer.unknown)
  }

  private static func piece(_ bytes: UnsafeRawBufferPointer) throws -> ScoredPiece {
    var piece = ScoredPiece(text: [], score: 0, type: .normal)
    try ProtocolBuffer.fields(of: bytes) { field in
      switch field.number {
      case 1: piece.text = Array(try field.bytes())
      case 2: piece.score = try field.float()
      case 3:
        let value = try field.integer()
        guard let type = ScoredPiece.PieceType(rawValue: value) else {
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
    var begin = 1
    var end = 2

    mutating func read(_ bytes: UnsafeRawBufferPointer) throws {
      try ProtocolBuffer.fields(of: bytes) { field in
        switch field.number {
        case 3: modelType = try field.integer()
        case 40: unknown = try field.integer()
        case 41: begin = try field.integer()
        case 42: end = try field.integer()
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
