import Foundation

/// Reads the tokenizer of a model folder, and what the files beside it say about begin and end of a
/// sequence.
enum TokenizerFolder {
  /// - Returns: the tokenizer; `tokenizer.json` decides when `tokenizer.model` is there, too, as in
  ///   transformers.
  /// - Throws: `WeightError` when there is no tokenizer, or a file is damaged or not supported.
  static func tokenizer(in folder: String) throws(WeightError) -> Tokenizer {
    let tokenizer = try stored(in: folder)
    return tokenizer.with(try specials(of: tokenizer, in: folder))
  }

  private static func stored(in folder: String) throws(WeightError) -> Tokenizer {
    let json = folder + "/tokenizer.json"
    if FileManager.default.fileExists(atPath: json) {
      return try MappedFile(path: json).reading(TokenizerJSON.tokenizer)
    }
    let model = folder + "/tokenizer.model"
    if FileManager.default.fileExists(atPath: model) {
      return try MappedFile(path: model).reading(SentencePieceModel.tokenizer)
    }
    throw .unreadable(path: folder, reason: "it holds neither tokenizer.json nor tokenizer.model")
  }

  // MARK: Begin and end

  /// The end of a sequence is any of: the tokenizer's own, `eos_token` of tokenizer_config.json, and
  /// `eos_token_id` of generation_config.json, which is an id or a list.
  private static func specials(
    of tokenizer: Tokenizer, in folder: String
  ) throws(WeightError) -> Specials {
    let settings = try ConfigurationFile.optional(path: folder + "/tokenizer_config.json")
    let text = try settings?.token("eos_token")
    let named = text.flatMap { tokenizer.added[$0]?.id }
    let generation = try ConfigurationFile.optional(path: folder + "/generation_config.json")
    let listed = try generation?.ids("eos_token_id") ?? []
    let end = named ?? listed.first ?? tokenizer.specials.end
    return Specials(
      begin: try begin(of: tokenizer, settings), end: end,
      others: tokenizer.specials.ends.union(listed))
  }

  /// LLaMA's kind of tokenizer follows `add_bos_token`; for the others tokenizer.json decides alone.
  private static func begin(
    of tokenizer: Tokenizer, _ settings: ConfigurationFile?
  ) throws(WeightError) -> Int? {
    let begin = tokenizer.specials.begin
    guard let settings, settings.has("add_bos_token"), tokenizer.merging.spelling != .bytes else {
      return begin
    }
    guard try settings.boolean("add_bos_token", default: true) else { return nil }
    let named = try settings.token("bos_token")
    return begin ?? named.flatMap { tokenizer.added[$0]?.id }
  }
}

extension ConfigurationFile {
  /// The text of a token, which is written as a string or as an object with `content`; nil when the
  /// key is absent or null.
  fileprivate func token(_ key: String) throws(WeightError) -> String? {
    guard has(key) else { return nil }
    if let text = try? string(key, default: "") { return text }
    return try section(key).string("content", default: "")
  }

  /// One id or a list of ids; none when the key is absent.
  fileprivate func ids(_ key: String) throws(WeightError) -> [Int] {
    guard has(key) else { return [] }
    let range = 0...SizeLimit.vocabulary.upperBound
    return isList(key) ? try integers(key, in: range) : [try integer(key, in: range)]
  }
}
