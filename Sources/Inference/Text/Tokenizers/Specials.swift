/// The special tokens that frame a sequence.
public struct Specials: Sendable, Equatable {
  /// The token that every prompt begins with; nil for tokenizers whose prompts begin with their
  /// text (Qwen2).
  public let begin: Int?
  /// The token that a template writes behind an answer.
  public let end: Int
  /// Each of these tokens ends an answer; `end` is one of them.
  public let ends: Set<Int>

  /// - Parameter others: further tokens that end an answer, beside `end`.
  public init(begin: Int?, end: Int, others: Set<Int> = []) {
    self.begin = begin
    self.end = end
    ends = others.union([end])
  }

  /// The same tokens, and more that end an answer.
  func adding(ends others: some Sequence<Int>) -> Specials {
    Specials(begin: begin, end: end, others: ends.union(others))
  }

  /// Tokens by which chat models end an answer, whatever else their files name.
  static let chatEnds = ["<|eot_id|>", "<|end|>", "<|im_end|>"]

  /// Where files name no end of sequence, the first of these that is a special token is taken.
  static let usualEnds = ["</s>"] + chatEnds + ["<|end_of_text|>", "<|endoftext|>"]

  /// Checks the ids of begin and end.
  ///
  /// - Parameter unit: what `count` counts: the pieces of a vocabulary or the rows of an embedding.
  /// - Throws: `WeightError.damaged` when begin or end is not among the first `count`.
  func check(within count: Int, _ unit: String, path: String) throws(WeightError) {
    for (name, id) in [("begin", begin), ("end", end)] {
      guard let id, !(0..<count).contains(id) else { continue }
      throw .damaged(
        path: path, detail: "its \(name)-of-sequence id \(id) is outside the \(count) \(unit)")
    }
  }
}
