/// Which kind of tokenizer a `tokenizer.json` describes, found from its normaliser and its
/// pre-tokenizer.
enum TokenizerSpelling: Equatable {
  /// LLaMA's, with spaces handled by the normalisers "Prepend" and "Replace" or by the
  /// pre-tokenizer "Metaspace".
  case spaceMark(SentencePieceMerging.SpacePrefix)
  /// The byte-level one. `composes`: the normaliser is "NFC".
  case bytes(WordSplitting, composes: Bool)

  /// - Throws: `WeightError.unsupported`, which quotes what is not known.
  init(_ content: TokenizerContent, path: String) throws(WeightError) {
    do {
      let words = TokenizerContent.steps(content.preTokenizer)
      let isByteLevel = words.contains { $0["type"] as? String == "ByteLevel" }
      guard !content.hasAffixes else { throw Unknown(detail: "its pieces have affixes") }
      self =
        isByteLevel
        ? .bytes(try Self.words(words), composes: try Self.composes(content.normaliser))
        : .spaceMark(try Self.prefix(content))
    } catch let unknown as Unknown {
      throw .unsupported(path: path, detail: unknown.detail)
    } catch {
      throw .damaged(path: path, detail: "\(error)")
    }
  }

  private struct Unknown: Error {
    var detail: String
  }

  /// Writes the bytes that a piece of the vocabulary is stored as.
  ///
  /// - Returns: what it stands for.
  func piece(_ text: String, into bytes: inout [UInt8]) -> PieceKind {
    bytes.removeAll(keepingCapacity: true)
    if append(text, to: &bytes) {
      guard case .spaceMark = self else { return .text }
      return ScoredPiece.byte(of: bytes).map { .byte($0) } ?? .text
    }
    // A piece with a character that stands for no byte can be printed, but no text yields it.
    bytes.replaceSubrange(0..., with: text.utf8)
    return .userDefined
  }

  /// Appends the bytes of a piece that merging leads to.
  ///
  /// - Returns: whether there can be such a piece.
  func append(_ text: String, to bytes: inout [UInt8]) -> Bool {
    switch self {
    case .spaceMark:
      bytes += text.utf8
      return true
    case .bytes: return ByteLevelAlphabet.append(text, to: &bytes)
    }
  }

  // MARK: Byte level

  private static func words(_ steps: [[String: Any]]) throws(Unknown) -> WordSplitting {
    let types = steps.map { $0["type"] as? String ?? "?" }
    guard let last = steps.last, types.last == "ByteLevel" else { throw unknownSteps(types) }
    guard last["add_prefix_space"] as? Bool == false else {
      throw Unknown(detail: "its pre-tokenizer ByteLevel puts a space in front of a text")
    }
    let splits = last["use_regex"] as? Bool ?? true
    switch (types.dropLast(), splits) {
    case ([], true): return .gpt2
    case (["Digits"], true) where steps[0]["individual_digits"] as? Bool == true: return .smollm
    case (["Split"], false): return try words(split: steps[0])
    default: throw unknownSteps(types)
    }
  }

  private static func words(split: [String: Any]) throws(Unknown) -> WordSplitting {
    let expression = (split["pattern"] as? [String: Any])?["Regex"] as? String ?? ""
    guard split["behavior"] as? String == "Isolated", split["invert"] as? Bool != true,
      let words = WordSplitting.allCases.first(where: { $0.expression == expression })
    else {
      let available = WordSplitting.allCases.map(\.rawValue).joined(separator: ", ")
      throw Unknown(
        detail: "it splits text by an unknown regular expression, '\(expression.prefix(200))'; "
          + "available: those of \(available)")
    }
    return words
  }

  private static func unknownSteps(_ types: [String]) -> Unknown {
    Unknown(
      detail: "its pre-tokenizer is \(types.joined(separator: ", ")); available: Metaspace, "
        + "ByteLevel, and Split or Digits with ByteLevel")
  }

  private static func composes(_ normaliser: [String: Any]?) throws(Unknown) -> Bool {
    let types = TokenizerContent.steps(normaliser).map { $0["type"] as? String ?? "?" }
    switch types {
    case []: return false
    case ["NFC"]: return true
    default:
      throw Unknown(
        detail: "its normaliser is \(types.joined(separator: ", ")); available with ByteLevel: NFC")
    }
  }

  // MARK: Space marks

  private static func prefix(
    _ content: TokenizerContent
  ) throws(Unknown) -> SentencePieceMerging.SpacePrefix {
    guard !content.ignoresMerges else {
      throw Unknown(detail: "ignore_merges is true, which is supported with ByteLevel only")
    }
    let words = TokenizerContent.steps(content.preTokenizer)
    let steps = TokenizerContent.steps(content.normaliser)
    if words.isEmpty { return try prefix(normalisers: steps) }
    // transformers 5 writes Metaspace's replacement a second time, as a normaliser.
    guard words.count == 1, steps.count <= 1, steps.allSatisfy(replacesSpaces) else {
      throw notLLaMAs
    }
    return try prefix(metaspace: words[0])
  }

  private static func prefix(
    metaspace: [String: Any]
  ) throws(Unknown) -> SentencePieceMerging.SpacePrefix {
    guard metaspace["type"] as? String == "Metaspace", metaspace["replacement"] as? String == "▁",
      metaspace["split"] as? Bool == false
    else { throw notLLaMAs }
    switch metaspace["prepend_scheme"] as? String {
    case "first": return .metaspaceFirst
    case "always": return .metaspaceAlways
    case "never": return .none
    default: throw notLLaMAs
    }
  }

  private static func prefix(
    normalisers: [[String: Any]]
  ) throws(Unknown) -> SentencePieceMerging.SpacePrefix {
    guard let replace = normalisers.last, replacesSpaces(replace) else { throw notLLaMAs }
    guard normalisers.count > 1 else { return .none }
    guard normalisers.count == 2, normalisers[0]["type"] as? String == "Prepend",
      normalisers[0]["prepend"] as? String == "▁"
    else { throw notLLaMAs }
    return .prepend
  }

  /// Whether a normaliser writes "▁" for every space.
  private static func replacesSpaces(_ normaliser: [String: Any]) -> Bool {
    normaliser["type"] as? String == "Replace"
      && (normaliser["pattern"] as? [String: Any])?["String"] as? String == " "
      && normaliser["content"] as? String == "▁"
  }

  private static var notLLaMAs: Unknown {
    Unknown(
      detail: "its normaliser and pre-tokenizer are neither LLaMA's (Prepend and Replace, or "
        + "Metaspace) nor ByteLevel")
  }
}
