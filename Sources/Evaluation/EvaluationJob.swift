import Basics
import Foundation
import Inference

/// The part of an evaluation that one process does, from the data set to the summary.
public struct EvaluationJob {
  /// What is evaluated and where the results go.
  public struct Settings: Sendable {
    /// What is measured of each sample.
    public var measure: RunDescription.Measure
    /// The run's name; nil stands for the model's name.
    public var name: String?
    /// The samples of the whole run.
    public var data: DataSelection
    /// This process's part of them.
    public var shard: Shard
    /// The result file of the whole run; a shard derives its own from it.
    public var output: String
    /// The file to which a run of `reference` writes the answers; nil stands for none.
    public var references: String?
    /// The type that the weights were converted to when they were loaded; nil stands for the stored
    /// type.
    public var weights: String?
    /// Whether an existing result file is continued.
    public var resumes: Bool
    /// The program's version, for the result file.
    public var version: String
    /// The command line, for the result file.
    public var arguments: [String]

    /// Settings of a run that is not split and writes no references, unless said otherwise.
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

  /// What a finished or stopped job shows.
  public struct Outcome: Sendable {
    /// The summary for stdout; empty while other shards are not done.
    public var text = ""
    /// Whether the observer stopped the run.
    public var wasCancelled: Bool
  }

  /// What is evaluated and where the results go.
  public let settings: Settings
  /// Every file that the job writes under a name that is known before: the first is its result file.
  /// None of them may be one that is read.
  public let outputs: [String]
  private let data: EvaluationData

  /// Reads the data set, so that a wrong path does not cost the loading of a model.
  ///
  /// - Throws: `DataError`; `FileError.cannotCreate` when a file to be written is the data set or one
  ///   of its pictures; `ResultError` when a result file is there and is not continued, or cannot be one.
  public init(_ settings: Settings) throws {
    self.settings = settings
    outputs =
      [settings.shard.path(of: settings.output), settings.output]
      + [settings.references].compactMap(\.self)
      + EvaluationReport.paths(of: settings.measure, beside: settings.output)
    try InputFiles.protect(
      [UserFolders().expanded(settings.data.path)], of: "the data set", from: outputs)
    let needsAnswers =
      switch settings.measure {
      case .perplexity, .rouge, .table: true
      case .reference, .profile: false
      }
    data = try EvaluationData.read(
      path: settings.data.path, needsAnswers: needsAnswers,
      needsTurns: settings.data.needsTurns, isStrict: settings.data.isStrict)
    // What is not there is told before what is in the way.
    try ResultFile.requirePlace(outputs[0], resume: settings.resumes)
    guard data.form != .text || settings.measure == .perplexity else {
      throw DataError.noQuestions(file: settings.data.path, measure: settings.measure.rawValue)
    }
    let root = settings.data.imageRoot
    let pictures = data.samples.lazy.compactMap(\.image).map {
      EvaluationSample.path(ofPicture: $0, in: root)
    }
    try InputFiles.protect(pictures, of: "a picture of the data set", from: outputs)
    guard chosenSamples > 0 else {
      throw DataError.nothingSelected(
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
    let run = try description(model, plan)
    let file = try ResultFile(
      path: outputs[0], run: run, resume: settings.resumes,
      bounds: ResultBounds(
        samples: Set(data.samples(of: run).map(\.index)),
        layers: model.configuration.text.layers))
    let outcome = try EvaluationRun(
      runner: EvaluationRunner(model: model, plan: plan, objectNames: data.objectNames), data: data,
      file: file
    ).run(isStrict: settings.data.isStrict, observer: observer)
    try report(outcome, to: observer)
    var result = Outcome(wasCancelled: outcome.wasCancelled)
    if settings.shard.count > 1 {
      observer.note(
        "Shard \(settings.shard): \(Format.counted(outcome.finished, "sample")) in \(file.path).")
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
    if skipped > 0 { observer.note("Left out \(Format.counted(skipped, "item")).") }
    if outcome.wasCancelled {
      observer.note(
        "Stopped after \(Format.counted(outcome.finished, "sample")). Continue with --resume.")
    }
  }

  /// Joins the files of all shards when they are complete, which the process that finishes last
  /// sees. If two finish together, both write the same.
  private func joinIfComplete(
    _ plan: EvaluationPlan, _ observer: any EvaluationObserver
  ) throws -> String? {
    let files = try (1...settings.shard.count).map { index in
      try Shard(index, of: settings.shard.count).path(of: settings.output)
    }
    guard files.allSatisfy({ access($0, F_OK) == 0 }) else { return nil }
    let (run, records) = try ResultFile.merge(paths: files)
    let expected = data.samples(of: run).reduce(0) { $0 + plan.keys(of: $1).count }
    guard records.count == expected else { return nil }
    try ResultFile.write(run: run, records: records, to: settings.output)
    observer.note(
      "All \(settings.shard.count) shards are done; their results are joined in "
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
      model: model.checkpoint.path, modelDigests: try model.checkpoint.headers.digests(),
      data: data.path, dataDigest: data.digest, samples: chosenSamples,
      skipped: settings.data.skipped == 0 ? nil : settings.data.skipped,
      policies: plan.policies,
      kvTypes: plan.comparedPrecisions.isEmpty ? nil : plan.precisions.map(\.rawValue),
      budgets: plan.budgets, protocolName: protocolName(plan),
      positions: plan.positionRule.rawValue,
      template: data.form == .text ? "none" : template(plan),
      shard: settings.shard, version: settings.version,
      instructionSet: "\(model.pool.instructions), weights \(weights), "
        + "cache \(plan.precisions.map(\.rawValue).joined(separator: ", "))",
      arguments: settings.arguments)
  }

  private func template(_ plan: EvaluationPlan) -> String {
    "\(plan.template.name), \(plan.imageRoute.rawValue), "
      + (plan.tiles.map { "at most \($0) tiles, " } ?? "")
      + (plan.pictureTokens.map { "picture tokens \($0.text), " } ?? "")
      + (plan.appliesOrientation ? "upright" : "as stored")
  }

  private func protocolName(_ plan: EvaluationPlan) -> String {
    let answers = "greedy, at most \(plan.maximumTokens) tokens"
    switch settings.measure {
    case .perplexity where data.form == .text:
      return "\(plan.scoring.rawValue); \(plan.passage.prompt) tokens read, "
        + "\(plan.passage.scored) scored"
    case .perplexity: return plan.scoring.rawValue
    case .rouge where plan.asking.hasLaterPrompts:
      return "\(plan.asking.rawValue), recall \(plan.recalls ? "on" : "off"); \(answers)"
    case .rouge, .reference: return answers
    case .table: return "\(plan.scoring.rawValue); \(answers)"
    case .profile: return "search"
    }
  }
}
