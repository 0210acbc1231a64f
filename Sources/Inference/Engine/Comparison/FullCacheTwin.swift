import KVCache

/// What the full cache makes of one token that was written under a budget.
public struct TokenQuality: Sendable, Equatable {
  /// Where the token stands in the sequence.
  public var position: Int
  /// Kullback-Leibler divergence from the full cache's prediction, in nats.
  public var divergence: Double
  /// The token that the full cache finds most probable, as text; nil when it is the same one that
  /// the compressed cache does.
  public var other: String?
  /// Bytes of the twin's entries; 0 where there is no twin any more.
  public var twinBytes: Int
  /// The first positions that the full cache has only as they were computed under a budget: the
  /// answers of earlier turns. nil: it is exact.
  public var approximateFrom: Int?
  /// It is the answer's end, which has no text.
  public var isEnd: Bool

  public init(
    position: Int, divergence: Double, other: String?, twinBytes: Int, approximateFrom: Int?,
    isEnd: Bool = false
  ) {
    self.position = position
    self.divergence = divergence
    self.other = other
    self.twinBytes = twinBytes
    self.approximateFrom = approximateFrom
    self.isEnd = isEnd
  }

  init(
    _ verdict: Verdict, position: Int, tokenizer: Tokenizer, twinBytes: Int,
    approximateFrom: Int?, isEnd: Bool
  ) {
    self.init(
      position: position, divergence: verdict.divergence,
      other: verdict.other.map(tokenizer.label), twinBytes: twinBytes,
      approximateFrom: approximateFrom, isEnd: isEnd)
  }
}

/// A sequence with a full cache that is fed the very tokens of another one, in passes of the other one,
/// so that the weights are read once for both.
///
/// It is fed several tokens at a time: then its cache is read once for all of them, and most passes are
/// the other sequence's alone. What it makes of a token is known a few tokens later.
final class FullCacheTwin {
  /// Tokens that it is fed in a pass, unless they are wanted sooner, and about how much of the answer's
  /// speed that takes (docs/measurements.md).
  ///
  /// Where tile registers multiply them, as many as one register holds. Elsewhere, with the other
  /// sequence's own token, as many as most kernels hold in registers together.
  static func feeding(on model: LlavaModel) -> (tokens: Int, slowdown: Double) {
    let inTiles = 16
    let arithmetic = Arithmetic.of(model.language.type, m: inTiles, pool: model.pool).0
    return arithmetic == .tiles ? (inTiles, 0.12) : (5, 0.23)
  }

  private let session: InferenceSession
  private let approximateFrom: Int?
  private let together: Int
  private let vocabulary: Int
  /// `[rows, vocabulary]`: what it predicts for the next tokens that are to be scored.
  private var predictions: [Float]
  /// Tokens that the original was fed and it was not.
  private var unfed: [Int] = []
  /// What the original predicted where nothing was scored yet.
  private var unscored: [Unscored] = []

  private struct Unscored {
    let position: Int
    /// `[vocabulary]`
    let logits: [Float]
    let isEnd: Bool
  }

  /// - Parameters:
  ///   - original: at a prompt's end. Its evicted entries come from the spill file.
  ///   - promptLogits: `[vocabulary]`, computed before anything was evicted.
  ///   - approximateFrom: see `TokenQuality`.
  ///   - together: tokens that it is fed in a pass, at least 1; nil for `feeding`.
  init(
    of original: InferenceSession, promptLogits: [Float], approximateFrom: Int?,
    together: Int? = nil
  ) throws {
    session = try original.fork(policy: RetentionPolicies.named("full"), budget: .share(1))
    predictions = promptLogits
    vocabulary = promptLogits.count
    self.approximateFrom = approximateFrom
    self.together = together ?? Self.feeding(on: original.model).tokens
  }

  /// Takes a prediction of the original, `[vocabulary]`, from which the token at a position was chosen.
  ///
  /// - Returns: what is known by now: of this token and of earlier ones, or nothing yet.
  func score(_ logits: [Float], at position: Int, isEnd: Bool = false) -> [TokenQuality] {
    unscored.append(Unscored(position: position, logits: logits, isEnd: isEnd))
    return known()
  }

  /// Feeds a token to the original, and sooner or later to the twin.
  ///
  /// - Parameters:
  ///   - isWatched: whether the original's attention is wanted.
  ///   - isDue: whether everything is to be scored now.
  /// - Returns: logits of the original's next token, `[vocabulary]`, and what it attended to.
  func decode(
    _ token: Int, beside original: InferenceSession, isWatched: Bool, isDue: Bool
  ) throws -> (logits: [Float], attention: TokenAttention?) {
    let watched = isWatched ? 0 : nil
    guard isDue || unfed.count + 1 >= together else {
      let alone = try InferenceSession.feed([(original, [token])], watching: watched)
      unfed.append(token)
      return alone
    }
    let both = try InferenceSession.feed(
      [(original, [token]), (session, unfed + [token])], firstApart: true, watching: watched)
    unfed = []
    predictions += both.logits[vocabulary...]
    return (Array(both.logits[..<vocabulary]), both.attention)
  }

  /// What it makes of all tokens that it has not scored yet.
  func rest() throws -> [TokenQuality] {
    let missing = unscored.count - predictions.count / vocabulary
    if missing > 0 {
      predictions += try InferenceSession.feed([(session, Array(unfed.prefix(missing)))]).logits
      unfed.removeFirst(missing)
    }
    return known()
  }

  /// Scores what both have predicted.
  private func known() -> [TokenQuality] {
    let count = min(unscored.count, predictions.count / vocabulary)
    let scored = predictions.withUnsafeBufferPointer { full in
      (0..<count).map { quality(unscored[$0], full.row($0, of: vocabulary)) }
    }
    unscored.removeFirst(count)
    predictions.removeFirst(count * vocabulary)
    return scored
  }

  private func quality(
    _ token: Unscored, _ full: UnsafeBufferPointer<Float>
  ) -> TokenQuality {
    let verdict = token.logits.withUnsafeBufferPointer { Verdict(full: full, compressed: $0) }
    return TokenQuality(
      verdict, position: token.position, tokenizer: session.model.tokenizer,
      twinBytes: session.cache.bytesKept, approximateFrom: approximateFrom, isEnd: token.isEnd)
  }
}
