extension LanguageModel {
  /// `[tokens, width]`: the embeddings of some tokens, in memory that `forward` may write to.
  ///
  /// - Throws: `WeightError` when the model's file was changed after it was opened.
  func embeddings(of tokens: [Int]) throws -> FloatBuffer {
    let width = configuration.width
    return try FloatBuffer(count: tokens.count * width) { rows in
      for (index, token) in tokens.enumerated() {
        try embed(token, into: rows + index * width)
      }
    }
  }
}
