import Basics
import Evaluation
import Foundation
import Inference
import KVCache
import Synchronization
import TUI

/// One process's part of an evaluation: reads the data, loads the model, runs, writes.
struct EvalSession {
  let measure: RunDescription.Measure
  let data: EvalDataOptions
  let rules: EvalRuleOptions
  /// What the run is called; nil: as the model.
  let name: String?
  /// The result file.
  let output: String
  /// Where a run of `reference` writes the answers.
  var references: String?

  func run(
    model options: ModelOptions, needsAnswers: Bool,
    plan makePlan: (LlavaModel) throws -> EvaluationPlan
  ) throws {
    let set = try EvaluationData.read(
      path: data.data, needsAnswers: needsAnswers, isStrict: data.strict)
    for problem in set.problems { Notice.say(problem.description) }
    let shard = try data.resolvedShard()
    let model = try options.load()
    let plan = try makePlan(model)
    let file = try ResultFile(
      path: shard.path(of: output), run: try description(set, plan, model, options, shard),
      resume: data.resume)

    Interruption.listen()
    let progress = ProgressLine()
    let outcome = try EvaluationRun(
      runner: EvaluationRunner(model: model, plan: plan), data: set, file: file
    ).run(
      isStrict: data.strict,
      step: { if Interruption.isRequested { throw EvaluationRun.Cancelled() } },
      progress: progress.show)
    progress.end()
    report(outcome, bad: set.problems.count)
    if shard.count > 1 {
      Notice.say("Part \(shard): \(outcome.finished) samples are in \(file.path).")
      return try mergeIfComplete(set, plan, shard)
    }
    let (run, records) = try ResultFile.read(path: file.path)
    try Results.write(run, records, beside: file.path, references: references)
  }

  /// The process that finishes last joins the parts. Two that finish together write the same.
  private func mergeIfComplete(
    _ set: EvaluationData, _ plan: EvaluationPlan, _ shard: Shard
  ) throws {
    let parts = try (1...shard.count).map { index in
      try Shard(index, of: shard.count).path(of: output)
    }
    guard parts.allSatisfy({ FileManager.default.fileExists(atPath: $0) }) else { return }
    let (run, records) = try ResultFile.merge(paths: parts)
    let expected = set.samples(of: run).count * plan.cells.count
    guard records.count == expected else { return }
    try ResultFile.write(run: run, records: records, to: output)
    Notice.say("All \(shard.count) parts are done; their results are joined in \(output).")
    try Results.write(run, records, beside: output, references: references)
  }

  private func report(_ outcome: EvaluationRun.Outcome, bad: Int) {
    for problem in outcome.problems { Notice.say(problem.description) }
    let skipped = outcome.problems.count + bad
    if skipped > 0 { Notice.say("\(skipped) items were left out.") }
    if outcome.wasCancelled {
      Notice.say("Stopped after \(outcome.finished) samples. Continue with --resume.")
    }
  }

  private func description(
    _ set: EvaluationData, _ plan: EvaluationPlan, _ model: LlavaModel,
    _ options: ModelOptions, _ shard: Shard
  ) throws -> RunDescription {
    let weights = options.quantize?.rawValue ?? model.checkpoint.weightType.label
    return RunDescription(
      measure: measure, name: name ?? model.checkpoint.name, model: model.checkpoint.path,
      modelDigests: try model.checkpoint.digests(), data: set.path, dataDigest: set.digest,
      samples: data.chosen(of: set.samples.count), skipped: data.skip == 0 ? nil : data.skip,
      policies: plan.policies, budgets: plan.budgets, protocolName: protocolName(plan),
      positions: plan.positionRule.rawValue,
      template: "\(plan.template.name), \(plan.imageRoute.rawValue), "
        + (plan.appliesOrientation ? "upright" : "as stored"),
      shard: shard, version: PrefixKVCommand.configuration.version,
      instructionSet:
        "\(model.pool.instructions), weights \(weights), cache \(plan.cachePrecision)",
      arguments: Array(CommandLine.arguments.dropFirst()))
  }

  private func protocolName(_ plan: EvaluationPlan) -> String {
    let answers = "greedy, at most \(plan.maximumTokens) tokens"
    switch measure {
    case .perplexity: return plan.scoring.rawValue
    case .rouge, .reference: return answers
    case .table: return "\(plan.scoring.rawValue); \(answers)"
    case .profile: return "search"
    }
  }
}

/// Sentences for people on stderr; stdout is for results.
enum Notice {
  static func say(_ sentence: String) { write(DisplayText.visible(sentence) + "\n") }

  static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}

/// Ctrl+C asks once; the second one ends the program at once.
enum Interruption {
  private static let requested = Atomic<Bool>(false)

  static var isRequested: Bool { requested.load(ordering: .relaxed) }

  static func listen() {
    // The flag exists before the handler can run: a handler must not initialise anything.
    requested.store(false, ordering: .relaxed)
    signal(SIGINT) { _ in
      Interruption.requested.store(true, ordering: .relaxed)
      signal(SIGINT, SIG_DFL)
    }
  }
}

/// What a finished run leaves beside its result file, and on stdout.
enum Results {
  /// - Parameter references: Where the answers of a run of `reference` go; nil: nowhere.
  static func write(
    _ run: RunDescription, _ records: [EvaluationRecord], beside path: String, references: String?
  ) throws {
    switch run.measure {
    case .reference:
      guard let references else { return }
      let answers = ResultFile.ordered(records, of: run)
      try OutputFile.write(ReferenceAnswers(answers).json.utf8, to: references)
      Notice.say("\(answers.count) answers are in \(references).")
    case .profile:
      let profile = Profile(run: run, records: records)
      guard !profile.estimations.isEmpty else { throw DataError.noItems(file: run.data) }
      let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
      try profile.write(to: folder)
      print(profile.report.table.text, terminator: "")
      Notice.say("The configurations are in \(folder); use them with --policy prefixkv:\(folder).")
    case .perplexity, .rouge, .table: try write(Summary(run: run, records: records), beside: path)
    }
  }

  /// The summary on stdout, and beside the results as text, CSV and Markdown.
  private static func write(_ summary: Summary, beside path: String) throws {
    let stem = path.hasSuffix(".jsonl") ? String(path.dropLast(6)) : path
    let errors = summary.rows.reduce(0) { $0 + $1.rougeErrors }
    if errors > 0 {
      Notice.say("\(errors) answers or references have no words; their ROUGE counts as 0.")
    }
    for (ending, text) in [
      ("txt", summary.text), ("csv", summary.fullTable.csv), ("md", summary.markdown),
    ] {
      try OutputFile.write(text.utf8, to: "\(stem).\(ending)")
    }
    print(summary.text, terminator: "")
  }
}
