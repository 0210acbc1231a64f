import Basics
import Foundation
import Inference

/// Which samples of which data set an evaluation takes.
public struct DataSelection: Sendable {
  /// The data set's file.
  public var path: String
  /// The folder that the data's picture paths begin at.
  public var imageRoot: String
  /// Samples at the beginning that are left out.
  public var skipped: Int
  /// Samples after those that are run; nil stands for all.
  public var limit: Int?
  /// Whether the first bad item ends the evaluation instead of being left out.
  public var isStrict: Bool

  /// - Parameter imageRoot: nil stands for the data set's own folder.
  public init(
    path: String, imageRoot: String? = nil, skipped: Int = 0, limit: Int? = nil,
    isStrict: Bool = false
  ) {
    self.path = path
    let folder = (path as NSString).deletingLastPathComponent
    self.imageRoot = imageRoot ?? (folder.isEmpty ? "." : folder)
    self.skipped = skipped
    self.limit = limit
    self.isStrict = isStrict
  }
}

/// Who watches an evaluation.
public protocol EvaluationObserver: AnyObject {
  /// Asked between two steps of decoding; true stops the run.
  var isCancelled: Bool { get }
  /// Told after every sample.
  func receive(_ progress: EvaluationRun.Progress)
  /// Told a sentence for people.
  func note(_ sentence: String)
}

/// One process's part of an evaluation, from the data set to the summary beside the results.
public struct EvaluationJob {
  /// What is evaluated and where the results go.
  public struct Settings: Sendable {
    public var measure: RunDescription.Measure
    /// What the run is called; nil stands for the model's name.
    public var name: String?
    public var data: DataSelection
    public var shard: Shard
    /// The result file of the whole run; a shard derives its own from it.
    public var output: String
    /// Where a run of `reference` writes the answers; nil stands for nowhere.
    public var references: String?
    /// The type that the weights were brought into at load; nil stands for the stored one.
    public var weights: String?
    /// Whether an existing result file is continued.
    public var resumes: Bool
    /// The program's version and arguments, for the result file.
    public var version: String
    public var arguments: [String]

    public init(
      measure: RunDescription.Measure, name: String?, data: DataSelection, shard: Shard,
      output: String, references: String? = nil, weights: String? = nil, resumes: Bool = false,
      version: String, arguments: [String]
    ) {
      self.measure = measure
      self.name = name
      self.data = data
      self.shard = shard
      self.output = output
      self.references = references
      self.weights = weights
      self.resumes = resumes
      self.version = version
      self.arguments = arguments
    }
  }

  /// What a finished or stopped job leaves for the screen.
  public struct Outcome: Sendable {
    /// The summary for stdout; empty while other shards are not done.
    public var text = ""
    public var wasCancelled: Bool
  }

  public let settings: Settings
  private let data: EvaluationData

  /// Reads the data set, so that a wrong path does not cost the loading of a model.
  ///
  /// - Throws: `DataError`.
  public init(_ settings: Settings) throws(DataError) {
    self.settings = settings
    let needsAnswers =
      switch settings.measure {
      case .perplexity, .rouge, .table: true
      case .reference, .profile: false
      }
    data = try EvaluationData.read(
      path: settings.data.path, needsAnswers: needsAnswers, isStrict: settings.data.isStrict)
    guard chosenSamples > 0 else {
      throw .nothingSelected(
        file: settings.data.path, skipped: settings.data.skipped, count: data.samples.count)
    }
  }

  private var chosenSamples: Int {
    min(settings.data.limit ?? .max, max(0, data.samples.count - settings.data.skipped))
  }

  /// Runs the samples of this shard, writes the result file and, when all shards are done, the
  /// summary beside it.
  ///
  /// - Throws: `DataError.nothingEvaluated` when no sample could be run, `ResultError`, `FileError`,
  ///   and what the model throws.
  public func run(
    model: LlavaModel, plan: EvaluationPlan, observer: any EvaluationObserver
  ) throws -> Outcome {
    for problem in data.problems { observer.note(problem.description) }
    let file = try ResultFile(
      path: settings.shard.path(of: settings.output), run: try description(model, plan),
      resume: settings.resumes)
    let outcome = try EvaluationRun(
      runner: EvaluationRunner(model: model, plan: plan), data: data, file: file
    ).run(isStrict: settings.data.isStrict, observer: observer)
    try report(outcome, to: observer)
    var result = Outcome(wasCancelled: outcome.wasCancelled)
    if settings.shard.count > 1 {
      observer.note(
        "Part \(settings.shard): \(outcome.finished) samples are in \(file.path).")
      result.text = try joinIfComplete(plan, observer) ?? ""
    } else {
      let (run, records) = try ResultFile.read(path: file.path)
      if !records.isEmpty { result.text = try finish(run, records, file.path, observer) }
    }
    return result
  }

  private func report(
    _ outcome: EvaluationRun.Outcome, to observer: any EvaluationObserver
  ) throws {
    for problem in outcome.problems { observer.note(problem.description) }
    if outcome.finished == 0, let first = outcome.problems.first {
      throw DataError.nothingEvaluated(file: data.path, first: first)
    }
    let skipped = outcome.problems.count + data.problems.count
    if skipped > 0 { observer.note("\(skipped) items were left out.") }
    if outcome.wasCancelled {
      observer.note("Stopped after \(outcome.finished) samples. Continue with --resume.")
    }
  }

  /// The process that finishes last joins the parts. Two that finish together write the same.
  private func joinIfComplete(
    _ plan: EvaluationPlan, _ observer: any EvaluationObserver
  ) throws -> String? {
    let parts = try (1...settings.shard.count).map { index in
      try Shard(index, of: settings.shard.count).path(of: settings.output)
    }
    guard parts.allSatisfy({ access($0, F_OK) == 0 }) else { return nil }
    let (run, records) = try ResultFile.merge(paths: parts)
    guard records.count == data.samples(of: run).count * plan.cells.count else { return nil }
    try ResultFile.write(run: run, records: records, to: settings.output)
    observer.note(
      "All \(settings.shard.count) parts are done; their results are joined in "
        + "\(settings.output).")
    return try finish(run, records, settings.output, observer)
  }

  private func finish(
    _ run: RunDescription, _ records: [EvaluationRecord], _ path: String,
    _ observer: any EvaluationObserver
  ) throws -> String {
    try EvaluationReport.write(
      run, records, beside: path, references: settings.references, note: observer.note)
  }

  private func description(
    _ model: LlavaModel, _ plan: EvaluationPlan
  ) throws -> RunDescription {
    let weights = settings.weights ?? model.checkpoint.weightType.label
    return RunDescription(
      measure: settings.measure, name: settings.name ?? model.checkpoint.name,
      model: model.checkpoint.path, modelDigests: try model.checkpoint.digests(),
      data: data.path, dataDigest: data.digest, samples: chosenSamples,
      skipped: settings.data.skipped == 0 ? nil : settings.data.skipped,
      policies: plan.policies, budgets: plan.budgets, protocolName: protocolName(plan),
      positions: plan.positionRule.rawValue,
      template: "\(plan.template.name), \(plan.imageRoute.rawValue), "
        + (plan.appliesOrientation ? "upright" : "as stored"),
      shard: settings.shard, version: settings.version,
      instructionSet: "\(model.pool.instructions), weights \(weights), "
        + "cache \(plan.cachePrecision)",
      arguments: settings.arguments)
  }

  private func protocolName(_ plan: EvaluationPlan) -> String {
    let answers = "greedy, at most \(plan.maximumTokens) tokens"
    switch settings.measure {
    case .perplexity: return plan.scoring.rawValue
    case .rouge, .reference: return answers
    case .table: return "\(plan.scoring.rawValue); \(answers)"
    case .profile: return "search"
    }
  }
}
