extension GGUFFormat {
  /// The tokenizer in a text model's metadata.
  static func tokenizer(_ file: GGUFFile) throws(WeightError) -> Tokenizer {
    let model = try file.text("tokenizer.ggml.model")
    guard model == "llama" else {
      throw .unsupported(
        path: file.path, detail: "its tokenizer is '\(model)'; LLaVA-1.5 has 'llama'")
    }
    let texts = try file.strings("tokenizer.ggml.tokens")
    let scores = try file.numbers("tokenizer.ggml.scores") ?? []
    let types = try file.numbers("tokenizer.ggml.token_type") ?? []
    guard scores.count == texts.count, types.count == texts.count else {
      throw .damaged(
        path: file.path,
        detail: "its tokenizer has \(texts.count) pieces, but \(scores.count) scores and "
          + "\(types.count) types")
    }
    var pieces: [ScoredPiece] = []
    for (id, text) in texts.enumerated() {
      guard let type = SentencePieceModel.PieceType(rawValue: Int(types[id])) else {
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
