import KVCache

/// Scores an answer that another cache has given on the full cache: its tokens are fed in one pass,
/// or in few where the answer is long.
final class FullCacheScorer {
  private let session: InferenceSession
  private var sum = AgreementSum()
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
      let full = (next ?? []) + (try session.extend(by: Array(fed)))
      unfed.removeFirst(fed.count)
      next = nil
      full.withUnsafeBufferPointer { full in
        predictions.withUnsafeBufferPointer { other in
          for row in 0..<rows {
            sum.add(
              full: full.row(row, of: vocabulary), other: other.row(first + row, of: vocabulary))
          }
        }
      }
    }
  }

  var agreement: Agreement { sum.agreement }
}

extension UnsafeBufferPointer<Float> {
  /// One row of `[rows, width]`.
  func row(_ index: Int, of width: Int) -> UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(rebasing: self[index * width..<(index + 1) * width])
  }
}

extension InferenceSession {
  /// Appends given tokens of an answer in one pass.
  ///
  /// - Returns: logits after each of them, `[tokens, vocabulary]`.
  package func extend(by tokens: [Int]) throws -> [Float] {
    guard !tokens.isEmpty else { return [] }
    try requireContext(for: tokens.count)
    try cache.reserve(tokens.count)
    let width = model.configuration.text.width
    let hidden = try FloatBuffer(count: tokens.count * width) { rows in
      for (index, token) in tokens.enumerated() {
        try model.language.embed(token, into: rows + index * width)
      }
    }
    let start = cache.seen
    cache.extend(count: tokens.count, segment: .assistant)
    let step = SequenceStep(
      cache: cache, angles: model.language.angles(start..<start + tokens.count, reach: reach),
      phase: .prefill,
      observing: .nothing)
    let output = try model.language.forward(hidden, [step], logitsOf: Array(tokens.indices))
    try retention.stepCompleted()
    return output.logits
  }
}
