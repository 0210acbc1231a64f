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
}
