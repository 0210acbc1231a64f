/// Reads `tokenizer.json`, the format of Hugging Face's tokenizers, as far as the two implemented
/// kinds of tokenizers use it: LLaMA's (byte-pair merging with byte fallback) and the byte-level
/// one.
enum TokenizerJSON {
  static func tokenizer(of file: MappedFile) throws(WeightError) -> Tokenizer {
    do {
      var scanner = JSONScanner(file.bytes)
      let content = try TokenizerContent(&scanner)
      try scanner.end()
      return try TokenizerAssembly(content: content, path: file.path).tokenizer()
    } catch let error as WeightError {
      throw error
    } catch let failure as JSONScanner.Failure {
      throw .damaged(path: file.path, detail: "byte \(failure.offset): \(failure.detail)")
    } catch {
      throw .damaged(path: file.path, detail: "\(error)")
    }
  }
}

/// Puts a tokenizer together from what its `tokenizer.json` says.
private struct TokenizerAssembly {
  let content: TokenizerContent
  let path: String

  func tokenizer() throws(WeightError) -> Tokenizer {
    guard content.modelType == "BPE" else {
      throw unsupported("its model is '\(content.modelType)'; available: 'BPE'")
    }
    let spelling = try TokenizerSpelling(content, path: path)
    let vocabulary = try vocabulary(spelling)
    return Tokenizer(
      vocabulary: vocabulary, added: try addedTokens(),
      merging: try merging(spelling, vocabulary),
      specials: try specials(spelling), mandatoryCount: content.pieces.count)
  }

  private func unsupported(_ detail: String) -> WeightError {
    .unsupported(path: path, detail: detail)
  }

  private func damaged(_ detail: String) -> WeightError { .damaged(path: path, detail: detail) }

  // MARK: Pieces

  private func vocabulary(_ spelling: TokenizerSpelling) throws(WeightError) -> Vocabulary {
    let ids = content.pieces.lazy.map(\.id) + content.added.lazy.map(\.id)
    // Ids are consecutive, except for a few that a padded vocabulary may leave out.
    guard let last = ids.max(), ids.min()! >= 0,
      last < content.pieces.count + content.added.count + 1024,
      SizeLimit.vocabulary.contains(last + 1)
    else {
      throw damaged("its ids do not number its \(content.pieces.count) pieces")
    }
    // `[ids]`: where the text of each id stands. A token counts more than a piece with its id.
    var pieces = [Int?](repeating: nil, count: last + 1)
    for (index, piece) in content.pieces.enumerated() {
      guard pieces[piece.id] == nil else {
        throw damaged("the id \(piece.id) is given to two pieces")
      }
      pieces[piece.id] = index
    }
    var tokens = [Int?](repeating: nil, count: last + 1)
    for (index, token) in content.added.enumerated() { tokens[token.id] = index }
    var vocabulary = Vocabulary(capacity: last + 1)
    var bytes: [UInt8] = []
    for id in 0...last {
      if let token = tokens[id].map({ content.added[$0] }) {
        vocabulary.append(token.text.utf8, kind: kind(of: token))
      } else if let index = pieces[id] {
        let kind = spelling.piece(content.pieces[index].text, into: &bytes)
        vocabulary.append(bytes, kind: kind)
      } else {
        vocabulary.append([], kind: .unused)
      }
    }
    return vocabulary
  }

  private func kind(of token: TokenizerContent.Added) -> PieceKind {
    guard token.special else { return .userDefined }
    return token.text == content.unknown ? .unknown : .control
  }

  private func addedTokens() throws(WeightError) -> [AddedTokens.Token] {
    var texts: [Int: String] = [:]
    var tokens: [AddedTokens.Token] = []
    for token in content.added where !token.text.isEmpty {
      if let other = texts.updateValue(token.text, forKey: token.id), other != token.text {
        throw damaged("the id \(token.id) is given to '\(other)' and to '\(token.text)'")
      }
      guard !token.stripsLeft, !token.isSingleWord else {
        throw unsupported(
          "its token '\(token.text)' sets lstrip or single_word; only rstrip is supported")
      }
      tokens.append(
        AddedTokens.Token(
          text: Array(token.text.utf8), id: token.id, isSpecial: token.special,
          swallowsSpace: token.stripsRight))
    }
    return tokens
  }

  // MARK: Merges

  private func merging(
    _ spelling: TokenizerSpelling, _ vocabulary: Vocabulary
  ) throws(WeightError) -> any PieceMerging {
    let merges = try merges(spelling, vocabulary)
    switch spelling {
    case .spaceMark(let prefix):
      let unknown = content.added.first { $0.text == content.unknown }?.id ?? 0
      return SentencePieceMerging(
        merges: .pairs(merges), prefix: prefix, unknown: Int32(unknown), unknownText: "")
    case .bytes(let words, let composes):
      do {
        return try ByteLevelMerging(
          merges: merges, words: words, ignoresMerges: content.ignoresMerges, composes: composes,
          vocabulary: vocabulary)
      } catch {
        throw damaged("its vocabulary has no piece for the byte \(error.byte)")
      }
    }
  }

  private func merges(
    _ spelling: TokenizerSpelling, _ vocabulary: Vocabulary
  ) throws(WeightError) -> MergeTable {
    var table = MergeTable(capacity: content.merges.count)
    lazy var others = unmergedTexts(vocabulary)
    var joined: [UInt8] = []
    for (rank, merge) in content.merges.enumerated() {
      joined.removeAll(keepingCapacity: true)
      let left = spelling.append(merge.left, to: &joined)
      let border = joined.count
      let right = spelling.append(merge.right, to: &joined)
      if left, right, let ids = vocabulary.merge(joined, at: border) {
        table.add(left: ids.left, right: ids.right, rank: UInt32(rank), id: ids.joined)
      } else if others.isDisjoint(with: texts(of: merge)) {
        throw damaged(
          "merge \(rank), '\(merge.left)' and '\(merge.right)', uses a piece that is not in the "
            + "vocabulary")
      }
    }
    return table
  }

  private func texts(of merge: (left: String, right: String)) -> [[UInt8]] {
    [merge.left, merge.right, merge.left + merge.right].map { Array($0.utf8) }
  }

  /// Texts of the vocabulary that merging never yields. Published files list merges that would
  /// yield "<s>" and the like; those are skipped, because such a text stays text.
  private func unmergedTexts(_ vocabulary: Vocabulary) -> Set<[UInt8]> {
    let ids = (0..<vocabulary.count).filter { vocabulary.kinds[$0] != .text }
    let replaced = Set(ids)
    return Set(ids.map { Array(vocabulary.piece($0)) })
      .union(content.pieces.filter { replaced.contains($0.id) }.map { Array($0.text.utf8) })
  }

  // MARK: Specials

  private func specials(_ spelling: TokenizerSpelling) throws(WeightError) -> Specials {
    let ends = Specials.usualEnds.compactMap(special)
    guard let end = ends.first else {
      throw unsupported(
        "it has no special token that ends a sequence; looked for "
          + Specials.usualEnds.map { "'\($0)'" }.joined(separator: ", "))
    }
    return Specials(begin: try begin(spelling), end: end)
  }

  /// What the post-processor puts in front of a text. Without a template there, LLaMA's kind begins
  /// with "<s>" and the byte-level kind with nothing.
  private func begin(_ spelling: TokenizerSpelling) throws(WeightError) -> Int? {
    guard let single = TokenizerContent.template(content.postProcessor) else {
      if case .spaceMark = spelling { return special("<s>") }
      return nil
    }
    guard let first = single.first?["SpecialToken"] as? [String: Any],
      let text = first["id"] as? String
    else { return nil }
    guard let id = special(text) else {
      throw damaged("its post-processor begins with '\(text)', which is no special token")
    }
    return id
  }

  private func special(_ text: String) -> Int? {
    content.added.first { $0.text == text && $0.special }?.id
  }
}
