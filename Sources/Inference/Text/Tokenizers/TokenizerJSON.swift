import Foundation

/// Reads `tokenizer.json`, the format of Hugging Face's tokenizers, as far as LLaMA's tokenizer uses
/// it: byte-pair merging with byte fallback, with spaces handled either by a normaliser ("Prepend"
/// and "Replace") or by the pre-tokenizer "Metaspace".
enum TokenizerJSON {
  static func tokenizer(of file: MappedFile) throws(WeightError) -> Tokenizer {
    do {
      var content = Content()
      var scanner = JSONScanner(file.bytes)
      try content.read(&scanner)
      try scanner.end()
      return try content.tokenizer(path: file.path)
    } catch let error as WeightError {
      throw error
    } catch let failure as JSONScanner.Failure {
      throw .damaged(path: file.path, detail: "byte \(failure.offset): \(failure.detail)")
    } catch {
      throw .damaged(path: file.path, detail: "\(error)")
    }
  }
}

/// What the file says, before it is put together.
private struct Content {
  var pieces: [(text: String, id: Int)] = []
  var merges: [(left: String, right: String)] = []
  /// Tokens matched before merging; special ones stand for something else than text.
  var added: [(text: String, id: Int, special: Bool)] = []
  var modelType = ""
  var ignoresMerges = false
  var normaliser: [String: Any]?
  var preTokenizer: [String: Any]?

  mutating func read(_ scanner: inout JSONScanner) throws {
    var content = self
    try scanner.object { scanner, key in
      switch key {
      case "model": try content.readModel(&scanner)
      case "added_tokens":
        try scanner.array { scanner in content.added.append(try Self.addedToken(&scanner)) }
      case "normalizer": content.normaliser = try Self.object(&scanner)
      case "pre_tokenizer": content.preTokenizer = try Self.object(&scanner)
      default: try scanner.skip()
      }
    }
    self = content
  }

  private mutating func readModel(_ scanner: inout JSONScanner) throws {
    var content = self
    try scanner.object { scanner, key in
      switch key {
      case "type": content.modelType = try scanner.string()
      case "ignore_merges": content.ignoresMerges = try scanner.boolean()
      case "vocab":
        try scanner.object { scanner, text in
          content.pieces.append((text, try scanner.integer()))
        }
      case "merges":
        try scanner.array { scanner in content.merges.append(try Self.merge(&scanner)) }
      default: try scanner.skip()
      }
    }
    self = content
  }

  /// "left right", or `["left", "right"]` as newer versions write it.
  private static func merge(_ scanner: inout JSONScanner) throws -> (left: String, right: String) {
    var parts: [String] = []
    if scanner.next() == UInt8(ascii: "[") {
      try scanner.array { scanner in parts.append(try scanner.string()) }
    } else {
      parts = try scanner.string().split(separator: " ", omittingEmptySubsequences: false)
        .map(String.init)
    }
    guard parts.count == 2 else { throw scanner.failure("a merge has \(parts.count) parts, not 2") }
    return (parts[0], parts[1])
  }

  private static func addedToken(
    _ scanner: inout JSONScanner
  ) throws -> (text: String, id: Int, special: Bool) {
    var text: String?
    var id: Int?
    var special = false
    try scanner.object { scanner, key in
      switch key {
      case "content": text = try scanner.string()
      case "id": id = try scanner.integer()
      case "special": special = try scanner.boolean()
      default: try scanner.skip()
      }
    }
    guard let text, let id else { throw scanner.failure("an added token has no content or no id") }
    return (text, id, special)
  }

  private static func object(_ scanner: inout JSONScanner) throws -> [String: Any]? {
    if try scanner.null() { return nil }
    let text = try scanner.value()
    return try JSONSerialization.jsonObject(with: Data(text)) as? [String: Any] ?? [:]
  }

  // MARK: Putting it together

  func tokenizer(path: String) throws(WeightError) -> Tokenizer {
    guard modelType == "BPE", !ignoresMerges else {
      throw .unsupported(
        path: path, detail: "its model is '\(modelType)'; only LLaMA's 'BPE' is known")
    }
    let prefix = try spacePrefix(path: path)
    let vocabulary = try vocabulary(path: path)
    // Published files also list merges that make "<s>" and the like; here those stay text.
    let otherPieces = Set(
      (0..<vocabulary.count).filter { vocabulary.kinds[$0] != .text }.map {
        Array(vocabulary.piece($0))
      })
    var pairs: [UInt64: (rank: UInt32, id: Int32)] = [:]
    pairs.reserveCapacity(merges.count)
    for (rank, merge) in merges.enumerated() {
      guard let left = vocabulary.id(of: merge.left), let right = vocabulary.id(of: merge.right),
        let joined = vocabulary.id(of: merge.left + merge.right)
      else {
        let texts = [merge.left, merge.right, merge.left + merge.right]
        if texts.contains(where: { otherPieces.contains(Array($0.utf8)) }) { continue }
        throw .damaged(
          path: path,
          detail:
            "merge \(rank), '\(merge.left)' and '\(merge.right)', uses a piece that is not in "
            + "the vocabulary")
      }
      let key = Tokenizer.key(Int32(left), Int32(right))
      if pairs[key] == nil { pairs[key] = (UInt32(rank), Int32(joined)) }
    }
    return Tokenizer(
      vocabulary: vocabulary, merges: .pairs(pairs), spacePrefix: prefix,
      specials: Specials(
        begin: try special("<s>", path: path), end: try special("</s>", path: path)),
      unknown: added.first { $0.text == "<unk>" }?.id ?? 0, mandatoryCount: pieces.count)
  }

  private func special(_ text: String, path: String) throws(WeightError) -> Int {
    guard let token = added.first(where: { $0.text == text && $0.special }) else {
      throw .unsupported(path: path, detail: "it has no special token '\(text)'")
    }
    return token.id
  }

  private func vocabulary(path: String) throws(WeightError) -> Vocabulary {
    var texts: [Int: (text: String, kind: PieceKind)] = [:]
    for piece in pieces {
      let byte = ScoredPiece.byte(of: Array(piece.text.utf8))
      guard
        texts.updateValue((piece.text, byte.map { .byte($0) } ?? .text), forKey: piece.id) == nil
      else { throw .damaged(path: path, detail: "the id \(piece.id) is given to two pieces") }
    }
    for token in added {
      let kind: PieceKind = !token.special ? .text : token.text == "<unk>" ? .unknown : .control
      texts[token.id] = (token.text, kind)
    }
    // Ids run without holes, but for a few that a padded vocabulary may leave out.
    guard let last = texts.keys.max(), texts.keys.min()! >= 0, last < texts.count + 1024 else {
      throw .damaged(path: path, detail: "its ids do not number its \(texts.count) pieces")
    }
    var vocabulary = Vocabulary(capacity: last + 1)
    for id in 0...last {
      let (text, kind) = texts[id] ?? ("", .control)
      vocabulary.append(text.utf8, kind: kind)
    }
    return vocabulary
  }

  private func spacePrefix(path: String) throws(WeightError) -> Tokenizer.SpacePrefix {
    let unknown = WeightError.unsupported(
      path: path,
      detail:
        "its normaliser and pre-tokenizer are not those of LLaMA (Prepend and Replace, or Metaspace)"
    )
    if let preTokenizer {
      guard normaliser == nil, preTokenizer["type"] as? String == "Metaspace",
        preTokenizer["replacement"] as? String == "▁", preTokenizer["split"] as? Bool == false
      else { throw unknown }
      switch preTokenizer["prepend_scheme"] as? String {
      case "first": return .metaspaceFirst
      case "always": return .metaspaceAlways
      case "never": return .none
      default: throw unknown
      }
    }
    var steps = normaliser?["normalizers"] as? [[String: Any]] ?? normaliser.map { [$0] } ?? []
    guard let replace = steps.popLast(), replace["type"] as? String == "Replace",
      (replace["pattern"] as? [String: Any])?["String"] as? String == " ",
      replace["content"] as? String == "▁"
    else { throw unknown }
    guard let prepend = steps.popLast() else { return .none }
    guard prepend["type"] as? String == "Prepend", prepend["prepend"] as? String == "▁",
      steps.isEmpty
    else { throw unknown }
    return .prepend
  }
}
