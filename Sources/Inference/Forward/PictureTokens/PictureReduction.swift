extension LlavaModel {
  /// A picture with fewer rows. Newlines stay behind the rows of the map of which something is left, and
  /// a class row stays.
  ///
  /// - Parameters:
  ///   - tokens: nil, or as many as there are: the picture as it is.
  ///   - question: what is asked first about the picture; nil where that is not known. Only some methods
  ///     go by it.
  /// - Throws: what `check` throws, `PictureTokenError.tooFew`, and `WeightError` when the model's file
  ///   was changed.
  public func reduced(
    _ image: ImageEmbedding, to tokens: PictureTokens?, for question: String? = nil
  ) throws -> ImageEmbedding {
    guard let tokens else { return image }
    try check(tokens)
    guard image.count > tokens.count else { return image }
    precondition(image.count == image.layout.count, "a picture is reduced once")
    var picture = PictureRows(
      layout: image.layout, values: image.rows.pointer, width: image.width,
      classAttention: image.classAttention, pool: pool)
    if tokens.method.asksQuestion, let question { picture.question = try inputRows(of: question) }
    var wanted = tokens.count
    while wanted > 0 {
      let groups = image.layout.completed(tokens.method.groups(picture, count: wanted))
      if groups.count <= tokens.count { return image.reduced(to: groups) }
      wanted = min(wanted - 1, wanted - (groups.count - tokens.count))
    }
    let least = image.layout.completed(tokens.method.groups(picture, count: 1)).count
    throw PictureTokenError.tooFew(count: tokens.count, least: least)
  }

  /// `[tokens, width]`: the language model's input embeddings of a text.
  private func inputRows(of text: String) throws -> [Float] {
    try language.embeddings(of: tokenizer.encode(text)).array()
  }

  /// Checks before a picture is encoded whether this model's pictures can have so few rows.
  ///
  /// - Throws: `PictureTokenError.textModel`, `.noClassRow` and `.tooMany`.
  public func check(_ tokens: PictureTokens) throws(PictureTokenError) {
    guard let sight else { throw .textModel(checkpoint.name) }
    if tokens.method.needsClassRow, sight.tower.configuration.tower.rowsBeforePatches == 0 {
      throw .noClassRow(method: tokens.method.name, model: checkpoint.name)
    }
    let most = configuration.maximumImageRows
    if tokens.count > most { throw .tooMany(count: tokens.count, most: most) }
  }
}

extension PictureLayout {
  /// Groups of patches in the prompt's order, with the class rows and newlines that belong to them.
  func completed(_ groups: [[Int]]) -> [[Int]] {
    var groups = groups
    if hasNewlines, canvas == nil {
      groups.append([count - 1])
    } else if hasNewlines, map != nil {
      // A mean over several rows of the map stands in the first of them.
      let left = Set(
        groups.map { $0[0] }.filter { $0 >= baseRows }.map { ($0 - baseRows) / rowLength })
      groups += left.map { [baseRows + ($0 + 1) * rowLength - 1] }
    }
    groups += (0..<classRows).map { [$0] }
    return groups.sorted { $0[0] < $1[0] }
  }
}

extension ImageEmbedding {
  /// Each group's mean as a row.
  fileprivate func reduced(to groups: [[Int]]) -> ImageEmbedding {
    let rows = FloatBuffer(count: groups.count * width)
    for (target, group) in groups.enumerated() {
      let out = rows.pointer + target * width
      for row in group {
        let source = self.rows.pointer + row * width
        for index in 0..<width { out[index] += source[index] / Float(group.count) }
      }
    }
    return ImageEmbedding(
      rows: rows, count: groups.count, width: width, layout: layout, sources: groups,
      classAttention: classAttention, tiles: tiles)
  }
}
