import Inference
import KVCache

/// What a run was made with: the first line of a result file, and all that is needed to repeat it.
public struct RunDescription: Sendable, Equatable, Codable {
  public enum Measure: String, Sendable, Codable {
    case perplexity, rouge, reference
    /// Perplexity and answers over the same prefill.
    case table
    /// What offline estimation needs of each sample.
    case profile
  }

  public var measure: Measure
  public var name: String
  public var model: String
  /// SHA-256 of each model file, by file name.
  public var modelDigests: [String: String]
  public var data: String
  public var dataDigest: String
  public var samples: Int
  /// Samples at the beginning of the data set that are left out; nil: none.
  public var skipped: Int?
  public var policies: [String]
  public var budgets: [BudgetRequest]
  public var protocolName: String
  public var positions: String
  public var template: String
  public var shard: Shard
  public var version: String
  public var instructionSet: String
  public var arguments: [String]

  public init(
    measure: Measure, name: String, model: String, modelDigests: [String: String], data: String,
    dataDigest: String, samples: Int, skipped: Int? = nil, policies: [String],
    budgets: [BudgetRequest], protocolName: String, positions: String, template: String,
    shard: Shard, version: String, instructionSet: String, arguments: [String]
  ) {
    self.measure = measure
    self.name = name
    self.model = model
    self.modelDigests = modelDigests
    self.data = data
    self.dataDigest = dataDigest
    self.samples = samples
    self.skipped = skipped
    self.policies = policies
    self.budgets = budgets
    self.protocolName = protocolName
    self.positions = positions
    self.template = template
    self.shard = shard
    self.version = version
    self.instructionSet = instructionSet
    self.arguments = arguments
  }

  /// The parts that decide the numbers: equal for a run, its continuation and its shards.
  var comparable: RunDescription {
    var copy = self
    copy.shard = .whole
    copy.arguments = []
    copy.name = ""
    copy.model = ""
    copy.data = ""
    return copy
  }

  /// The first field of `comparable` in which two runs differ, with both values.
  func difference(from other: RunDescription) -> String? {
    let (mine, theirs) = (comparable, other.comparable)
    let fields: [(String, String, String)] = [
      ("measure", mine.measure.rawValue, theirs.measure.rawValue),
      (
        "model files", "\(mine.modelDigests.sorted { $0.key < $1.key })",
        "\(theirs.modelDigests.sorted { $0.key < $1.key })"
      ),
      ("data set", mine.dataDigest, theirs.dataDigest),
      ("samples", "\(mine.samples)", "\(theirs.samples)"),
      ("skipped samples", "\(mine.skipped ?? 0)", "\(theirs.skipped ?? 0)"),
      ("policies", "\(mine.policies)", "\(theirs.policies)"),
      ("budgets", "\(mine.budgets.map(\.text))", "\(theirs.budgets.map(\.text))"),
      ("protocol", mine.protocolName, theirs.protocolName),
      ("positions", mine.positions, theirs.positions),
      ("template", mine.template, theirs.template),
      ("version", mine.version, theirs.version),
      ("instruction set", mine.instructionSet, theirs.instructionSet),
    ]
    return fields.first { $0.1 != $0.2 }.map { "\($0.0) (\($0.1), \($0.2))" }
  }
}

/// One sample under one policy and one budget: one line of a result file.
public struct EvaluationRecord: Sendable, Equatable, Codable {
  public struct Key: Hashable, Sendable {
    public var index: Int
    public var policy: String
    public var budget: BudgetRequest
  }

  public var index: Int
  public var id: String
  public var kind: String?
  public var policy: String
  public var budget: BudgetRequest
  /// The share that a budget in entries or bytes was for this prompt; nil where it is a share itself.
  public var share: Double?
  /// Perplexity runs: one term per scored answer token, and their sum.
  public var terms: [Double]?
  public var loss: TokenLoss?
  /// Runs that write reference answers: what is asked about which picture.
  public var image: String?
  public var question: String?
  /// ROUGE and reference runs: the answer, and how it compares with the reference text. `rouge` is
  /// the `f` of the package, nil where it raises an error.
  public var answer: String?
  public var rouge: Double?
  public var rougeL: Double?
  public var isExact: Bool?
  /// Profiles: what is known of the sample beside the kept lengths.
  public var profile: SampleProfile?
  public var promptTokens: Int
  /// `[layers]`: entries kept after the prompt.
  public var keptLengths: [Int]
  /// Bytes of the retained entries after the prompt, and without eviction.
  public var cacheBytes: Int
  public var fullBytes: Int
  /// Time spent on this line alone; the shared prefill is `prefillSeconds`.
  public var seconds: Double
  public var prefillSeconds: Double

  public var key: Key { Key(index: index, policy: policy, budget: budget) }

  /// The budget as a share of this prompt's entries.
  public var budgetShare: Double {
    if case .share(let share) = budget { return share }
    return share ?? 1
  }
}
