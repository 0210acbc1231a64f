import Inference
import KVCache

/// One sample under one policy and one budget: one line of a result file.
public struct EvaluationRecord: Sendable, Equatable, Codable {
  /// What tells the lines of a run apart.
  public struct Key: Hashable, Sendable {
    /// The sample's place in the data set.
    public var index: Int
    /// As the run lists it.
    public var policy: String
    /// The type of the cache; nil where none are compared.
    public var kvType: String?
    /// As the run lists it.
    public var budget: BudgetRequest
    /// The question's place in its conversation, from 1; nil where each has one of its own.
    public var turn: Int?
  }

  /// The sample's place in the data set, from 0.
  public var index: Int
  /// The data set's name for the sample.
  public var id: String
  /// The sample's kind; nil where the data set names none.
  public var kind: String?
  /// The question's place in its conversation, from 1; nil where each question has one of its own.
  public var turn: Int?
  /// As the run lists it.
  public var policy: String
  /// The type of the cache where types are compared at equal bytes; otherwise nil.
  public var kvType: String?
  /// As the run lists it.
  public var budget: BudgetRequest
  /// The share of entries that a budget in entries or bytes was for this prompt; nil where the budget
  /// is that share itself.
  public var share: Double?
  /// Negative log-likelihoods in nats, one per scored answer token; nil where no answer is scored.
  public var terms: [Double]?
  /// The sum of `terms`.
  public var loss: TokenLoss?
  /// The picture, in runs that write reference answers.
  public var image: String?
  /// The question, in runs that write reference answers.
  public var question: String?
  /// The greedy answer; nil where none is generated.
  public var answer: String?
  /// `f` of the Python package's ROUGE-L; nil where that raises an error.
  public var rouge: Double?
  /// `f` of the usual ROUGE-L.
  public var rougeL: Double?
  /// Whether the answer matches the data's exactly.
  public var isExact: Bool?
  /// Which things the answer names; nil where the data does not say what the picture shows.
  public var objects: ObjectCount?
  /// What is known of the sample beside the kept lengths, in runs of `profile`.
  public var profile: SampleProfile?
  /// Positions of the prompt, the picture's included.
  public var promptTokens: Int
  /// `[layers]`: entries kept after the prompt.
  public var keptLengths: [Int]
  /// Bytes of the retained entries after the prompt.
  public var cacheBytes: Int
  /// Bytes of the prompt's entries without eviction.
  public var fullBytes: Int
  /// Time spent on this line alone.
  public var seconds: Double
  /// Time of the prefill that all lines of the sample share.
  public var prefillSeconds: Double

  /// What tells this line from the others of the run.
  public var key: Key {
    Key(index: index, policy: policy, kvType: kvType, budget: budget, turn: turn)
  }

  /// What results are summed up by beside all together: the turn, or else the kind.
  var group: String? { turn.map { "turn \($0)" } ?? kind }

  /// The budget as a share of this prompt's entries.
  public var budgetShare: Double {
    if case .share(let share) = budget { return share }
    return share ?? 1
  }
}

extension EvaluationRecord {
  /// Notes what a session's cache holds right now.
  mutating func note(_ session: InferenceSession) {
    if case .share = budget, kvType == nil {} else { share = session.retention.budget.share }
    promptTokens = session.cache.seen
    keptLengths = (0..<session.cache.shape.layers).map(session.cache.length)
    cacheBytes = session.cache.bytesKept
    fullBytes = session.cache.bytesFull
  }
}
