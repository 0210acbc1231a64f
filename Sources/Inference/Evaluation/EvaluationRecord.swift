/// What a run was made with: the first line of a result file, and all that is needed to repeat it.
public struct RunDescription: Sendable, Equatable, Codable {
  public enum Measure: String, Sendable, Codable {
    case perplexity, rouge, reference
  }

  public var measure: Measure
  public var name: String
  public var model: String
  /// SHA-256 of each model file, by file name.
  public var modelDigests: [String: String]
  public var data: String
  public var dataDigest: String
  public var samples: Int
  public var policies: [String]
  /// Kept shares.
  public var budgets: [Double]
  public var protocolName: String
  public var positions: String
  public var template: String
  public var shard: Shard
  public var version: String
  public var instructionSet: String
  public var arguments: [String]

  public init(
    measure: Measure, name: String, model: String, modelDigests: [String: String], data: String,
    dataDigest: String, samples: Int, policies: [String], budgets: [Double], protocolName: String,
    positions: String, template: String, shard: Shard, version: String, instructionSet: String,
    arguments: [String]
  ) {
    self.measure = measure
    self.name = name
    self.model = model
    self.modelDigests = modelDigests
    self.data = data
    self.dataDigest = dataDigest
    self.samples = samples
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
      ("policies", "\(mine.policies)", "\(theirs.policies)"),
      ("budgets", "\(mine.budgets)", "\(theirs.budgets)"),
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
    public var budget: Double
  }

  public var index: Int
  public var id: String
  public var kind: String?
  public var policy: String
  /// Kept share.
  public var budget: Double
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
}
