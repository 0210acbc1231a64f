/// How text becomes pieces and back: one conformer for each kind of tokenizer. Special tokens,
/// labels and streaming are the same for all kinds and live in `Tokenizer`, `TokenSequence` and
/// `StreamingDecoder`.
protocol PieceMerging: Sendable {
  /// How the vocabulary spells text, which decides how pieces are printed.
  var spelling: PieceSpelling { get }

  /// Appends the UTF-8 of `text` to `bytes` in the spelling of the vocabulary.
  ///
  /// - Parameter position: where the text stands in its prompt; counts only while `bytes` is empty.
  func append(_ text: String, to bytes: inout [UInt8], position: TextPosition)

  /// Cuts `bytes` into pieces.
  ///
  /// - Parameter body: is called for each piece in order, with its id and the number of bytes it
  ///   covers. The id is nil for bytes that the piece before them stands for, too.
  func pieces(
    of bytes: UnsafeRawBufferPointer, in vocabulary: Vocabulary,
    _ body: (_ id: Int32?, _ byteCount: Int) -> Void)
}

/// How a vocabulary spells text.
enum PieceSpelling: Sendable, Equatable {
  /// "▁" stands for a space, and bytes have pieces of their own.
  ///
  /// - `removesLeadingSpace`: encoding puts a space in front, so decoding takes one away.
  /// - `unknown`: what the unknown token prints.
  case spaceMark(removesLeadingSpace: Bool, unknown: String)
  /// Every piece is a run of bytes, which may begin or end inside a character.
  case bytes
}

/// Where a text stands in its prompt.
public enum TextPosition: Sendable {
  /// It is tokenized on its own.
  case start
  /// It follows a special token in the same tokenization (`</s>USER`).
  case afterSpecial
  /// It continues what was tokenized before.
  case continuing
}
