import KVCache

/// Scores an answer that another cache has given on the full cache: its tokens are fed in one pass,
/// or in few where the answer is long.
final class FullCacheScorer {
  private let session: InferenceSession
  /// What the full cache makes of each prediction so far.
  private(set) var verdicts: [Verdict] = []
  /// `[vocabulary]`: what the full cache predicts for the next token; nil where that takes feeding
  /// the tokens that wait.
  private var next: [Float]?
  private var unfed: [Int] = []
  private let vocabulary: Int

  /// - Parameters:
  ///   - session: at the prompt's end, with all of its entries. It is used up.
  ///   - promptLogits: `[vocabulary]`
  init(_ session: InferenceSession, after promptLogits: [Float]) {
    self.session = session
    next = promptLogits
    vocabulary = promptLogits.count
  }

  /// Most rows of one pass. It bounds the memory of their logits: 16 MiB at 32 000 tokens.
  private static let rows = 128

  /// - Parameters:
  ///   - tokens: what was generated since the last call.
  ///   - predictions: `[count, vocabulary]`, what the other cache predicted: for each of the tokens
  ///     and, at the end of an answer, for the one that ended it.
  func score(_ tokens: [Int], predictions: [Float]) throws {
    unfed += tokens
    let count = predictions.count / vocabulary
    for first in stride(from: 0, to: count, by: Self.rows) {
      let rows = min(Self.rows, count - first)
      let fed = unfed.prefix(next == nil ? rows : rows - 1)
      let full = (next ?? []) + (try InferenceSession.feed([(session, Array(fed))]).logits)
      unfed.removeFirst(fed.count)
      next = nil
      full.withUnsafeBufferPointer { full in
        predictions.withUnsafeBufferPointer { other in
          for row in 0..<rows {
            verdicts.append(
              Verdict(
                full: full.row(row, of: vocabulary),
                compressed: other.row(first + row, of: vocabulary)))
          }
        }
      }
    }
  }

  var agreement: Agreement {
    verdicts.reduce(into: AgreementSum()) { $0.add($1) }.agreement
  }
}

extension UnsafeBufferPointer<Float> {
  /// One row of `[rows, width]`.
  func row(_ index: Int, of width: Int) -> UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(rebasing: self[index * width..<(index + 1) * width])
  }
}
