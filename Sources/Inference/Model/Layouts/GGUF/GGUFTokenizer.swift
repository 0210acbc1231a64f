extension GGUFFormat {
  /// The tokenizer in a text model's metadata.
  static func tokenizer(_ file: GGUFFile) throws(WeightError) -> Tokenizer {
    let model = try file.text("tokenizer.ggml.model")
    guard model == "llama" else {
      throw file.unknown("tokenizer.ggml.model", model, available: ["llama"])
    }
    let texts = try file.strings("tokenizer.ggml.tokens")
    let scores = try file.numbers("tokenizer.ggml.scores")
    let types = try file.numbers("tokenizer.ggml.token_type")
    guard SizeLimit.vocabulary.contains(texts.count) else {
      throw file.invalid(
        "tokenizer.ggml.tokens", expected: "at most \(SizeLimit.vocabulary.upperBound) pieces")
    }
    guard let scores, let types, scores.count == texts.count, types.count == texts.count else {
      throw .damaged(
        path: file.path,
        detail: "its tokenizer has \(texts.count) pieces, but \(scores?.count ?? 0) scores and "
          + "\(types?.count ?? 0) types")
    }
    var pieces: [ScoredPiece] = []
    pieces.reserveCapacity(texts.count)
    for (id, text) in texts.enumerated() {
      guard let number = Int(exactly: types[id]),
        let type = SentencePieceModel.PieceType(rawValue: number)
      else {
        throw .damaged(path: file.path, detail: "piece \(id) has the unknown type \(types[id])")
      }
      pieces.append(ScoredPiece(text: text, score: Float(scores[id]), type: type))
    }
    let ids = 0...max(0, pieces.count - 1)
    return try ScoredPiece.tokenizer(
      pieces, path: file.path,
      spacePrefix: try file.boolean("tokenizer.ggml.add_space_prefix", default: true)
        ? .prepend : .none,
      bos: try file.integer("tokenizer.ggml.bos_token_id", default: 1, in: ids),
      eos: try file.integer("tokenizer.ggml.eos_token_id", default: 2, in: ids),
      unknown: try file.integer("tokenizer.ggml.unknown_token_id", default: 0, in: ids))
  }
}
