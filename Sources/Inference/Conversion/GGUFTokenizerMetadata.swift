extension GGUFTokenizer {
  /// The metadata from which llama.cpp makes the same tokenizer.
  ///
  /// - Parameter rows: number of pieces to write, one for each row of the embedding. Missing pieces
  ///   are padded, and surplus ones left out.
  static func metadata(
    of tokenizer: Tokenizer, rows: Int
  ) -> [(key: String, value: GGUFWriter.Value)] {
    let specials = tokenizer.specials
    var metadata: [(key: String, value: GGUFWriter.Value)] = [
      (
        "tokenizer.ggml.token_type",
        .integers((0..<rows).map { Int32(tokenizer.pieceType($0).rawValue) })
      ),
      ("tokenizer.ggml.eos_token_id", .integer(UInt32(specials.end))),
      ("tokenizer.ggml.add_bos_token", .boolean(specials.begin != nil)),
      ("tokenizer.ggml.add_eos_token", .boolean(false)),
      (
        "tokenizer.ggml.tokens",
        .strings(
          (0..<rows).map { Array((tokenizer.piece($0) ?? "[PAD\($0)]").utf8) })
      ),
    ]
    if let begin = specials.begin {
      metadata.append(("tokenizer.ggml.bos_token_id", .integer(UInt32(begin))))
    }
    let unnamed = tokenizer.endsThatNeedAKey
    let others = specials.ends.subtracting(unnamed + [specials.end]).sorted()
    for (key, id) in zip(furtherEndKeys, unnamed + others) {
      metadata.append((key, .integer(UInt32(id))))
    }
    switch tokenizer.merging {
    case let merging as SentencePieceMerging:
      metadata += merging.metadata(rows: rows)
    case let merging as ByteLevelMerging:
      metadata += merging.metadata(tokenizer)
    default: preconditionFailure("a kind of tokenizer that GGUF has no name for")
    }
    return metadata
  }
}

extension Tokenizer {
  /// The further ends of answers that no reader finds by their texts: a GGUF file must name them.
  var endsThatNeedAKey: [Int] {
    let found = Specials.chatEnds.compactMap { added[$0] }.filter { !$0.isText }.map(\.id)
    return specials.ends.subtracting(found + [specials.end]).sorted()
  }

  fileprivate func pieceType(_ id: Int) -> ScoredPiece.PieceType {
    guard id < count else { return .unused }
    return switch vocabulary.kinds[id] {
    case .text: .normal
    case .byte: .byte
    case .control: .control
    case .unknown: .unknown
    case .userDefined: .userDefined
    case .unused: .unused
    }
  }
}

extension SentencePieceMerging {
  fileprivate func metadata(rows: Int) -> [(key: String, value: GGUFWriter.Value)] {
    [
      ("tokenizer.ggml.model", .string("llama")),
      ("tokenizer.ggml.pre", .string("default")),
      ("tokenizer.ggml.scores", .floats(scores(rows: rows))),
      ("tokenizer.ggml.unknown_token_id", .integer(UInt32(unknown))),
      ("tokenizer.ggml.add_space_prefix", .boolean(prefix.isUsed)),
    ]
  }

  /// Scores with which sentencepiece (and llama.cpp) joins pieces in the same order.
  private func scores(rows: Int) -> [Float] {
    var scores = [Float](repeating: -1e6, count: rows)
    switch merges {
    case .pieces(let ranks):
      for (id, rank) in ranks.prefix(rows).enumerated() where rank != .max {
        scores[id] = -Float(rank)
      }
    case .pairs(let table):
      for (rank, pair) in table.inOrder.enumerated().reversed() where Int(pair.id) < rows {
        scores[Int(pair.id)] = -Float(rank)
      }
    }
    return scores
  }
}

extension ByteLevelMerging {
  fileprivate func metadata(
    _ tokenizer: Tokenizer
  ) -> [(key: String, value: GGUFWriter.Value)] {
    let merges = merges.inOrder.map { left, right, _ in
      Array("\(tokenizer.piece(Int(left)) ?? "") \(tokenizer.piece(Int(right)) ?? "")".utf8)
    }
    return [
      ("tokenizer.ggml.model", .string("gpt2")),
      ("tokenizer.ggml.pre", .string(words.ggufNames[0])),
      ("tokenizer.ggml.merges", .strings(merges)),
    ]
  }
}
