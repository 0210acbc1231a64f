import KVCache

/// What the full cache makes of one token that was written under a budget.
public struct TokenQuality: Sendable, Equatable {
  /// Kullback-Leibler divergence from the full cache's prediction, in nats.
  public var divergence: Double
  /// The token that the full cache finds most probable, as text; nil when it is the same one that
  /// the compressed cache does.
  public var other: String?
  /// Bytes of the twin's entries.
  public var twinBytes: Int
  /// The first positions that the full cache has only as they were computed under a budget: the
  /// answers of earlier turns. nil: it is exact.
  public var approximateFrom: Int?
  /// It is the answer's end, which has no text.
  public var isEnd: Bool

  public init(
    divergence: Double, other: String?, twinBytes: Int, approximateFrom: Int?, isEnd: Bool = false
  ) {
    self.divergence = divergence
    self.other = other
    self.twinBytes = twinBytes
    self.approximateFrom = approximateFrom
    self.isEnd = isEnd
  }
}

/// A sequence with a full cache that is fed the very tokens of another one, in the same batch, so
/// that the weights are read once for both.
final class FullCacheTwin {
  private let session: InferenceSession
  private let approximateFrom: Int?
  /// `[vocabulary]`: what it predicts for the next token.
  private var logits: [Float]

  /// - Parameters:
  ///   - original: at a prompt's end. Its evicted entries come from the spill file.
  ///   - promptLogits: `[vocabulary]`, computed before anything was evicted.
  ///   - approximateFrom: see `TokenQuality`.
  init(of original: InferenceSession, promptLogits: [Float], approximateFrom: Int?) throws {
    session = try original.fork(policy: RetentionPolicies.named("full"), budget: .share(1))
    logits = promptLogits
    self.approximateFrom = approximateFrom
  }

  /// What the twin makes of a prediction of the original, `[vocabulary]`.
  func quality(of other: [Float], isEnd: Bool = false) -> TokenQuality {
    let divergence = logits.withUnsafeBufferPointer { full in
      other.withUnsafeBufferPointer { Divergence.kullbackLeibler(full, $0) }
    }
    let likeliest = Sampler.argmax(logits)
    let tokenizer = session.model.tokenizer
    let text = likeliest == Sampler.argmax(other) ? nil : tokenizer.label(likeliest)
    return TokenQuality(
      divergence: divergence, other: text, twinBytes: session.cache.bytesKept,
      approximateFrom: approximateFrom, isEnd: isEnd)
  }

  /// Feeds a token to both.
  ///
  /// - Parameter isWatched: whether the original's attention is wanted.
  /// - Returns: logits of the original's next token, `[vocabulary]`, and what it attended to.
  func decode(
    _ token: Int, beside original: InferenceSession, isWatched: Bool
  ) throws -> (logits: [Float], attention: TokenAttention?) {
    let both = try InferenceSession.decode(
      [(original, token), (session, token)], watching: isWatched ? 0 : nil)
    let vocabulary = both.logits.count / 2
    logits = Array(both.logits[vocabulary...])
    return (Array(both.logits[..<vocabulary]), both.attention)
  }
}
