/// Text to ids and back. The kind of tokenizer decides how text is merged into pieces
/// (`PieceMerging`); special tokens, labels and decoding are the same for all kinds.
///
/// A user's text is text: "</s>" or "<image>" in it are tokenized like any word.
public struct Tokenizer: Sendable {
  /// Begin and ends of a sequence.
  public private(set) var specials: Specials
  let vocabulary: Vocabulary
  private(set) var added: AddedTokens
  let merging: any PieceMerging
  /// Pieces for which an embedding must exist: all but those that were added behind the vocabulary
  /// proper, such as "<image>" and "<pad>", whose embeddings are never looked up.
  let mandatoryCount: Int

  init(
    vocabulary: Vocabulary, added: [AddedTokens.Token], merging: any PieceMerging,
    specials: Specials, mandatoryCount: Int
  ) {
    self.vocabulary = vocabulary
    self.added = AddedTokens(added)
    self.merging = merging
    self.mandatoryCount = mandatoryCount
    let added = self.added
    self.specials = specials.adding(
      ends: Specials.chatEnds.compactMap { added[$0] }.filter { !$0.isText }.map(\.id))
  }

  /// Number of pieces. Ids at and above it (padding rows of an embedding) decode to nothing.
  public var count: Int { vocabulary.count }

  /// The same tokenizer with other special tokens at the begin and at the end of a sequence.
  func with(_ specials: Specials) -> Tokenizer {
    var copy = self
    copy.specials = specials
    return copy
  }

  /// The same tokenizer without the added tokens that have no row in an embedding: they stay text.
  ///
  /// - Parameters:
  ///   - rows: rows of the embedding.
  ///   - path: the model, for errors.
  /// - Throws: `WeightError.damaged` when a piece proper, or begin or end of sequence, has no row.
  func limited(toRows rows: Int, path: String) throws(WeightError) -> Tokenizer {
    guard mandatoryCount <= rows else {
      throw .damaged(
        path: path,
        detail: "its tokenizer has \(mandatoryCount) pieces, but the model has embeddings for "
          + "\(rows)")
    }
    try specials.check(within: rows, "rows of the embedding", path: path)
    guard count > rows else { return self }
    var copy = self
    copy.added = added.limited(to: rows)
    return copy
  }

  // MARK: Text to ids

  /// The ids of a user's text, without begin of sequence. Special tokens in it stay text.
  ///
  /// - Parameter position: where the text stands in its prompt; decides whether a space is put in
  ///   front.
  /// - Complexity: O(n log n) in the length of the text.
  public func encode(_ text: String, position: TextPosition = .start) -> [Int] {
    encode(text, position: position, special: false)
  }

  /// The ids of a trusted text, without begin of sequence: special tokens in it are recognised, as
  /// Hugging Face's tokenizers do with every text.
  package func encode(recognisingSpecialsIn text: String) -> [Int] {
    encode(text, position: .start, special: true)
  }

  private func encode(_ text: String, position: TextPosition, special: Bool) -> [Int] {
    var sequence = TokenSequence<Void>(self, position: position)
    sequence.append(text, (), special: special)
    sequence.endText(next: .continuing)
    return sequence.tokens.map(\.id)
  }

  /// The ids of texts that follow each other, each id with the label of the text its end lies in.
  /// The texts are merged together: pieces may reach across their borders.
  func merge<Label>(
    _ texts: [(text: String, label: Label)], position: TextPosition
  ) -> [(id: Int, label: Label)] {
    var bytes: [UInt8] = []
    var ends: [Int] = []
    for (text, _) in texts {
      merging.append(text, to: &bytes, position: position)
      ends.append(bytes.count)
    }
    var tokens: [(id: Int, label: Label)] = []
    tokens.reserveCapacity(bytes.count / 3)
    var end = 0
    var index = 0
    bytes.withUnsafeBytes { bytes in
      merging.pieces(of: bytes, in: vocabulary) { id, byteCount in
        end += byteCount
        while ends[index] < end { index += 1 }
        if let id { tokens.append((Int(id), texts[index].label)) }
      }
    }
    return tokens
  }

  /// The id of the special token with exactly this text; nil when there is none.
  func special(_ text: String) -> Int? {
    guard let token = added[text], token.isSpecial else { return nil }
    return token.id
  }

  // MARK: Ids to text

  /// The text of `ids`. The space that encoding put in front is dropped, control tokens and padding
  /// print nothing, and bytes that form no character become U+FFFD.
  public func decode(_ ids: [Int]) -> String {
    var decoder = StreamingDecoder(self)
    var text = ""
    for id in ids { text += decoder.append(id) }
    return text + decoder.finish()
  }

  /// The piece as its file spells it ("▁the", "Ġthe", "<0x0A>"), for people; nil for an id outside
  /// of the vocabulary.
  public func piece(_ id: Int) -> String? {
    guard 0..<count ~= id else { return nil }
    let bytes = vocabulary.piece(id)
    return merging.spelling == .bytes && vocabulary.kinds[id] == .text
      ? ByteLevelAlphabet.text(of: bytes) : String(decoding: bytes, as: UTF8.self)
  }
}
