/// The tokenizer in a GGUF file's metadata.
///
/// Keys: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
enum GGUFTokenizer {
  /// - Throws: `WeightError` for an unknown kind of tokenizer or an unknown way to split text,
  ///   which it names, and for lists that contradict each other.
  static func tokenizer(of file: GGUFFile) throws(WeightError) -> Tokenizer {
    let kind = try file.text("tokenizer.ggml.model")
    switch kind {
    case "llama": return try sentencePiece(file)
    case "gpt2": return try byteLevel(file)
    default:
      throw .unsupported(
        path: file.path, detail: "its tokenizer is '\(kind)'; available: 'llama', 'gpt2'")
    }
  }

  private static func types(
    _ file: GGUFFile, count: Int
  ) throws(WeightError) -> [ScoredPiece.PieceType] {
    let numbers = try file.numbers("tokenizer.ggml.token_type")
    try check(numbers?.count ?? 0, of: "types", equals: count, file)
    guard let numbers else { return [] }
    var types: [ScoredPiece.PieceType] = []
    types.reserveCapacity(count)
    for (id, number) in numbers.enumerated() {
      guard let type = Int(exactly: number).flatMap(ScoredPiece.PieceType.init(rawValue:)) else {
        throw .damaged(path: file.path, detail: "piece \(id) has the unknown type \(number)")
      }
      types.append(type)
    }
    return types
  }

  private static func check(
    _ count: Int, of name: String, equals pieces: Int, _ file: GGUFFile
  ) throws(WeightError) {
    guard count == pieces else {
      throw .damaged(
        path: file.path, detail: "its tokenizer has \(pieces) pieces, but \(count) \(name)")
    }
  }

  // MARK: Specials

  /// The keys of tokens that end an answer, beside the end of a sequence.
  static let furtherEndKeys = ["tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"]

  /// - Parameters:
  ///   - addsBegin: whether prompts begin with a token where the file does not say so.
  ///   - usualEnd: the end of a sequence where the file does not name one.
  private static func specials(
    _ file: GGUFFile, count: Int, addsBegin: Bool, usualEnd: Int?
  ) throws(WeightError) -> Specials {
    let ids = 0...max(0, count - 1)
    let end = try file.integer("tokenizer.ggml.eos_token_id", default: usualEnd, in: ids)
    var others: Set<Int> = []
    for key in furtherEndKeys {
      others.insert(try file.integer(key, default: end, in: ids))
    }
    guard try file.boolean("tokenizer.ggml.add_bos_token", default: addsBegin) else {
      return Specials(begin: nil, end: end, others: others)
    }
    let begin = try file.integer("tokenizer.ggml.bos_token_id", default: 1, in: ids)
    return Specials(begin: begin, end: end, others: others)
  }

  /// Whether the white space after a piece belongs to it, as after Phi-3's marks. GGUF has no key
  /// for that, so the model's name decides, as in llama.cpp.
  private static func swallowsSpace(
    _ file: GGUFFile
  ) throws(WeightError) -> @Sendable (ScoredPiece) -> Bool {
    guard swallowsSpace(modelName: try file.text("general.name")) else { return { _ in false } }
    return { $0.type == .control && !keepingSpace.contains($0.text) }
  }

  private static func swallowsSpace(modelName: String) -> Bool {
    ["phi-3", "phi3"].contains { modelName.lowercased().contains($0) }
  }

  /// The marks of such a model that leave the white space after them alone.
  private static let keepingSpace = ["<s>", "<unk>", "<|endoftext|>"].map { Array($0.utf8) }

  /// The name to write for a model, under which its marks are read as they are.
  static func modelName(_ name: String, _ tokenizer: Tokenizer) -> String {
    let swallows = (0..<tokenizer.count).contains { tokenizer.added[$0]?.swallowsSpace == true }
    return swallows && !swallowsSpace(modelName: name) ? name + " (phi3)" : name
  }

  // MARK: LLaMA's kind

  private static func sentencePiece(_ file: GGUFFile) throws(WeightError) -> Tokenizer {
    let texts = try file.strings("tokenizer.ggml.tokens")
    let types = try types(file, count: texts.count)
    let scores = try file.numbers("tokenizer.ggml.scores")
    try check(scores?.count ?? 0, of: "scores", equals: texts.count, file)
    guard let scores else {
      throw .damaged(path: file.path, detail: "its tokenizer has no pieces")
    }
    let pieces = texts.enumerated().map { id, text in
      ScoredPiece(text: text, score: Float(scores[id]), type: types[id])
    }
    return try ScoredPiece.tokenizer(
      pieces, path: file.path,
      prefix: try file.boolean("tokenizer.ggml.add_space_prefix", default: true)
        ? .prepend : .none,
      specials: try specials(file, count: pieces.count, addsBegin: true, usualEnd: 2),
      unknown: try file.integer(
        "tokenizer.ggml.unknown_token_id", default: 0, in: 0...max(0, pieces.count - 1)),
      swallowsSpace: try swallowsSpace(file))
  }

  // MARK: The byte-level kind

  private static func byteLevel(_ file: GGUFFile) throws(WeightError) -> Tokenizer {
    let words = try words(file)
    let texts = try file.strings("tokenizer.ggml.tokens")
    guard SizeLimit.vocabulary.contains(texts.count) else {
      throw .damaged(path: file.path, detail: "its tokenizer has \(texts.count) pieces")
    }
    let types = try types(file, count: texts.count)
    let pieces = zip(texts, types).map { ScoredPiece(text: $0, score: 0, type: $1) }
    var vocabulary = Vocabulary(capacity: pieces.count)
    for (id, piece) in pieces.enumerated() {
      guard let (text, kind) = byteLevelPiece(piece) else {
        throw .damaged(path: file.path, detail: "piece \(id) of its tokenizer is not valid")
      }
      vocabulary.append(text, kind: kind)
    }
    let added = ScoredPiece.added(pieces, swallowsSpace: try swallowsSpace(file))
    let tokens = AddedTokens(added)
    let merging: ByteLevelMerging
    do {
      merging = try ByteLevelMerging(
        merges: try merges(file, vocabulary), words: words, ignoresMerges: words == .llama3,
        composes: false, vocabulary: vocabulary)
    } catch let error as WeightError {
      throw error
    } catch {
      throw .damaged(path: file.path, detail: "its vocabulary lacks a byte: \(error)")
    }
    return Tokenizer(
      vocabulary: vocabulary, added: added, merging: merging,
      specials: try specials(
        file, count: pieces.count, addsBegin: words == .llama3,
        usualEnd: Specials.usualEnds.lazy.compactMap { tokens[$0]?.id }.first),
      mandatoryCount: pieces.count)
  }

  /// The way to split text that the file names. A wrong one would change ids silently, so an
  /// unknown or missing name is an error.
  private static func words(_ file: GGUFFile) throws(WeightError) -> WordSplitting {
    let name = try file.text("tokenizer.ggml.pre")
    guard let words = WordSplitting.allCases.first(where: { $0.ggufNames.contains(name) }) else {
      throw .unsupported(
        path: file.path,
        detail: "tokenizer.ggml.pre is '\(name)'; available: "
          + WordSplitting.allCases.flatMap(\.ggufNames).joined(separator: ", "))
    }
    return words
  }

  private static func byteLevelPiece(_ piece: ScoredPiece) -> (text: [UInt8], kind: PieceKind)? {
    guard let text = String(validating: piece.text, as: UTF8.self) else { return nil }
    switch piece.type {
    case .normal, .byte:
      return ByteLevelAlphabet.bytes(of: text).map { ($0, .text) } ?? (piece.text, .userDefined)
    case .control: return (piece.text, .control)
    case .unknown: return (piece.text, .unknown)
    case .userDefined: return (piece.text, .userDefined)
    case .unused: return (piece.text, .unused)
    }
  }

  private static func merges(
    _ file: GGUFFile, _ vocabulary: Vocabulary
  ) throws(WeightError) -> MergeTable {
    let lines = try file.strings("tokenizer.ggml.merges")
    var table = MergeTable(capacity: lines.count)
    var joined: [UInt8] = []
    for (rank, line) in lines.enumerated() {
      let parts = line.split(separator: 0x20, omittingEmptySubsequences: false)
      guard parts.count == 2 else {
        throw .damaged(path: file.path, detail: "merge \(rank) has \(parts.count) parts, not 2")
      }
      joined.removeAll(keepingCapacity: true)
      var border = 0
      let isSpelled = parts.allSatisfy { part in
        border = joined.count
        return ByteLevelAlphabet.append(String(decoding: part, as: UTF8.self), to: &joined)
      }
      guard isSpelled, let ids = vocabulary.merge(joined, at: border) else {
        throw .damaged(
          path: file.path,
          detail: "merge \(rank), '\(String(decoding: line, as: UTF8.self))', uses a piece that is "
            + "not in the vocabulary")
      }
      table.add(left: ids.left, right: ids.right, rank: UInt32(rank), id: ids.joined)
    }
    return table
  }
}
