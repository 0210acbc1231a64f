import KVCache

/// Everything that is needed to repeat a run: the first line of a result file.
public struct RunDescription: Sendable, Equatable, Codable {
  /// What is measured of every sample.
  public enum Measure: String, Sendable, Codable {
    case perplexity, rouge, reference
    /// Perplexity and answers over the same prefill.
    case table
    /// What offline estimation needs of each sample.
    case profile
  }

  /// What is measured of every sample.
  public var measure: Measure
  /// The run's name, which does not affect the numbers.
  public var name: String
  /// The model's path.
  public var model: String
  /// SHA-256 of each model file, by file name.
  public var modelDigests: [String: String]
  /// The data set's path.
  public var data: String
  /// SHA-256 of the data set.
  public var dataDigest: String
  /// Samples of the run in all its shards.
  public var samples: Int
  /// Samples at the beginning of the data set that are left out; nil stands for none.
  public var skipped: Int?
  /// In the order of the summary.
  public var policies: [String]
  /// The types of the cache that are compared at equal bytes; nil for one type. A budget that is a
  /// share is then one of the bytes of a full cache in f16.
  public var kvTypes: [String]?
  /// Descending.
  public var budgets: [BudgetRequest]
  /// How answers are scored or made.
  public var protocolName: String
  /// The rule for the position of a decoded token.
  public var positions: String
  /// Template, image route and orientation.
  public var template: String
  /// The part of the run that the file holds.
  public var shard: Shard
  /// The program's version.
  public var version: String
  /// Kernels, weight type and cache precision.
  public var instructionSet: String
  /// The command line, which does not affect the numbers.
  public var arguments: [String]

  /// A description with every field; see the properties for nil.
  public init(
    measure: Measure, name: String, model: String, modelDigests: [String: String], data: String,
    dataDigest: String, samples: Int, skipped: Int? = nil, policies: [String],
    kvTypes: [String]? = nil, budgets: [BudgetRequest], protocolName: String, positions: String,
    template: String, shard: Shard, version: String, instructionSet: String, arguments: [String]
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
    self.kvTypes = kvTypes
    self.budgets = budgets
    self.protocolName = protocolName
    self.positions = positions
    self.template = template
    self.shard = shard
    self.version = version
    self.instructionSet = instructionSet
    self.arguments = arguments
  }

  /// What is drawn as one line and summed up in one row of a table.
  struct Line {
    let policy: String
    let kvType: String?

    /// `local`, or where types are compared `local, q4_0`.
    var label: String { policy + (kvType.map { ", \($0)" } ?? "") }
  }

  /// The lines of the run, in the order of the summary.
  var lines: [Line] {
    policies.flatMap { policy in
      kvTypes.map { $0.map { Line(policy: policy, kvType: $0) } }
        ?? [Line(policy: policy, kvType: nil)]
    }
  }

  /// Only the fields that affect the numbers: equal for a run, its continuation and its shards.
  var comparable: RunDescription {
    var copy = self
    copy.shard = .whole
    copy.arguments = []
    copy.name = ""
    copy.model = ""
    copy.data = ""
    return copy
  }

  /// The first field of `comparable` in which this run differs from the one that is expected, as a
  /// clause with both values: "its budgets are 0.5, and not 0.3".
  func difference(from expected: RunDescription) -> String? {
    let (mine, theirs) = (comparable, expected.comparable)
    func list(_ items: [String]) -> String {
      items.isEmpty ? "none" : items.joined(separator: ", ")
    }
    let fields: [(String, String, String)] = [
      ("measure is", mine.measure.rawValue, theirs.measure.rawValue),
      (
        "model files are", list(mine.files(otherThan: theirs)),
        list(theirs.files(otherThan: mine))
      ),
      ("data set has the SHA-256", mine.dataDigest, theirs.dataDigest),
      ("number of samples is", "\(mine.samples)", "\(theirs.samples)"),
      ("number of skipped samples is", "\(mine.skipped ?? 0)", "\(theirs.skipped ?? 0)"),
      ("policies are", list(mine.policies), list(theirs.policies)),
      ("cache types are", list(mine.kvTypes ?? []), list(theirs.kvTypes ?? [])),
      ("budgets are", list(mine.budgets.map(\.text)), list(theirs.budgets.map(\.text))),
      ("protocol is", mine.protocolName, theirs.protocolName),
      ("rule of positions is", mine.positions, theirs.positions),
      ("template is", mine.template, theirs.template),
      ("version is", mine.version, theirs.version),
      ("instruction set is", mine.instructionSet, theirs.instructionSet),
    ]
    return fields.first { $0.1 != $0.2 }.map { "its \($0.0) \($0.1), and not \($0.2)" }
  }

  /// The model files that the other run has not, each with the beginning of its SHA-256, since a file
  /// of the same name may hold another model.
  private func files(otherThan other: RunDescription) -> [String] {
    modelDigests.filter { other.modelDigests[$0.key] != $0.value }
      .sorted { $0.key < $1.key }
      .map { "\($0.key) (SHA-256 \($0.value.prefix(12))…)" }
  }
}
