import Foundation

/// The content of a `tokenizer.json`, before a tokenizer is made of it.
struct TokenizerContent {
  /// A token that is matched before merging.
  struct Added {
    var text = ""
    var id = 0
    var special = false
    var stripsLeft = false
    var stripsRight = false
    var isSingleWord = false
  }

  private(set) var pieces: [(text: String, id: Int)] = []
  private(set) var merges: [(left: String, right: String)] = []
  private(set) var added: [Added] = []
  private(set) var modelType = ""
  private(set) var ignoresMerges = false
  /// The unknown token's text.
  private(set) var unknown = "<unk>"
  /// Whether pieces are written with a prefix or suffix that marks where a word begins or ends.
  private(set) var hasAffixes = false
  private(set) var normaliser: [String: Any]?
  private(set) var preTokenizer: [String: Any]?
  private(set) var postProcessor: [String: Any]?

  /// - Throws: `JSONScanner.Failure` where the text is not JSON or not of this form.
  init(_ scanner: inout JSONScanner) throws {
    var content = self
    try scanner.object { scanner, key in
      switch key {
      case "model": try content.readModel(&scanner)
      case "added_tokens":
        try scanner.array { scanner in content.added.append(try Self.addedToken(&scanner)) }
      case "normalizer": content.normaliser = try Self.object(&scanner)
      case "pre_tokenizer": content.preTokenizer = try Self.object(&scanner)
      case "post_processor": content.postProcessor = try Self.object(&scanner)
      default: try scanner.skip()
      }
    }
    self = content
  }

  private mutating func readModel(_ scanner: inout JSONScanner) throws {
    var content = self
    self = TokenizerContent()  // Otherwise the arrays would be shared, and copied when they grow.
    try scanner.object { scanner, key in
      switch key {
      case "type": content.modelType = try scanner.string()
      case "ignore_merges": content.ignoresMerges = try scanner.boolean()
      case "unk_token": if try !scanner.null() { content.unknown = try scanner.string() }
      case "continuing_subword_prefix", "end_of_word_suffix":
        if try !scanner.null(), try !scanner.string().isEmpty { content.hasAffixes = true }
      case "vocab": try content.readPieces(&scanner)
      case "merges":
        try scanner.array { scanner in content.merges.append(try Self.merge(&scanner)) }
      default: try scanner.skip()
      }
    }
    self = content
  }

  private init() {}

  private mutating func readPieces(_ scanner: inout JSONScanner) throws {
    // Other kinds of models list their pieces in an array. They are refused later, by their type.
    guard scanner.next() == UInt8(ascii: "{") else { return try scanner.skip() }
    var pieces: [(text: String, id: Int)] = []
    try scanner.object { scanner, text in pieces.append((text, try scanner.integer())) }
    self.pieces = pieces
  }

  /// "left right", or `["left", "right"]` as newer versions write it.
  private static func merge(_ scanner: inout JSONScanner) throws -> (left: String, right: String) {
    guard scanner.next() == UInt8(ascii: "[") else { return try spacedMerge(&scanner) }
    var (merge, parts) = ((left: "", right: ""), 0)
    try scanner.array { scanner in
      let part = try scanner.string()
      if parts == 0 { merge.left = part } else { merge.right = part }
      parts += 1
    }
    guard parts == 2 else { throw mergeFailure(scanner, parts: parts) }
    return merge
  }

  /// A merge as "left right". The space is searched among bytes, because a space and a combining
  /// mark after it are one `Character`.
  private static func spacedMerge(
    _ scanner: inout JSONScanner
  ) throws -> (left: String, right: String) {
    let text = try scanner.string()
    let bytes = text.utf8
    guard let space = bytes.firstIndex(of: 0x20), bytes.lastIndex(of: 0x20) == space else {
      throw mergeFailure(scanner, parts: bytes.count { $0 == 0x20 } + 1)
    }
    return (String(text[..<space]), String(text[bytes.index(after: space)...]))
  }

  private static func mergeFailure(_ scanner: JSONScanner, parts: Int) -> JSONScanner.Failure {
    scanner.failure("a merge has \(parts) parts, not 2")
  }

  private static func addedToken(_ scanner: inout JSONScanner) throws -> Added {
    var token = Added()
    var text: String?
    var id: Int?
    try scanner.object { scanner, key in
      switch key {
      case "content": text = try scanner.string()
      case "id": id = try scanner.integer()
      case "special": token.special = try scanner.boolean()
      case "lstrip": token.stripsLeft = try scanner.boolean()
      case "rstrip": token.stripsRight = try scanner.boolean()
      case "single_word": token.isSingleWord = try scanner.boolean()
      default: try scanner.skip()
      }
    }
    guard let text, let id else { throw scanner.failure("an added token has no content or no id") }
    token.text = text
    token.id = id
    return token
  }

  private static func object(_ scanner: inout JSONScanner) throws -> [String: Any]? {
    if try scanner.null() { return nil }
    let text = try scanner.value()
    return try JSONSerialization.jsonObject(with: Data(text)) as? [String: Any] ?? [:]
  }

  // MARK: Sections

  /// The steps of a normaliser, pre-tokenizer or post-processor: those of a sequence, or itself.
  static func steps(_ section: [String: Any]?) -> [[String: Any]] {
    guard let section else { return [] }
    guard section["type"] as? String == "Sequence" else { return [section] }
    for key in ["normalizers", "pretokenizers", "processors"] {
      if let steps = section[key] as? [[String: Any]] { return steps }
    }
    return [section]
  }

  /// The template of a post-processor: texts and special tokens in order; nil when there is none.
  static func template(_ postProcessor: [String: Any]?) -> [[String: Any]]? {
    steps(postProcessor).lazy.compactMap { $0["single"] as? [[String: Any]] }.first
  }
}
