import Evaluation
import ArgumentParser
import Foundation
import Inference
import KVCache

/// Which samples, and which part of them.
struct EvalDataOptions: ParsableArguments {
  @Option(name: .long, help: "The data set: a JSON list or JSON lines.")
  var data: String

  @Option(name: .long, help: "The folder the data's picture paths begin at. Default: the data's.")
  var images: String?

  @Option(name: .long, help: "Only the first N samples.")
  var samples: Int?

  @Option(name: .long, help: "Leave out the first N samples; --samples counts from there.")
  var skip: Int = 0

  @Option(
    name: .long,
    help: "One part of the run: 2/4 is the second of four. Default: from mpirun or Slurm.")
  var shard: Shard?

  @Flag(name: .long, help: "Continue an interrupted run from its result file.")
  var resume = false

  @Flag(name: .long, help: "Stop at the first bad item instead of leaving it out.")
  var strict = false

  func validate() throws {
    if let samples, samples < 1 { throw ValidationError("--samples \(samples) is not above 0.") }
    guard skip >= 0 else { throw ValidationError("--skip \(skip) is below 0.") }
  }

  var imageRoot: String { images ?? (data as NSString).deletingLastPathComponent }

  func resolvedShard() throws -> Shard {
    if let shard { return shard }
    return try Shard.inEnvironment() ?? .whole
  }

  /// How many samples are run of a data set with `count`.
  func chosen(of count: Int) -> Int { min(samples ?? count, max(0, count - skip)) }
}

/// Where the results of an evaluation go.
struct EvalOutputOptions: ParsableArguments {
  @Option(name: .long, help: "What the run is called; part of the result file's name.")
  var name: String = "eval"

  @Option(name: .shortAndLong, help: "The result file. Default: NAME-MEASURE.jsonl.")
  var output: String?

  func path(_ measure: RunDescription.Measure) -> String {
    output ?? "\(name)-\(measure.rawValue).jsonl"
  }
}

/// Which policies at which budgets.
struct EvalCellOptions: ParsableArguments {
  @Option(name: .long, parsing: .upToNextOption, help: BudgetList.help)
  var budget: [String] = ["0.1...0.9"]

  @Option(
    name: .long, parsing: .upToNextOption,
    help: """
      \(RetentionPolicies.all.map(\.name).joined(separator: ", ")), prefixkv:PATH for configuration \
      files, or all. Default: full, prefixkv and local; all in eval table.
      """)
  var policy: [String] = []

  func validate() throws {
    do {
      _ = try BudgetList.requests(budget)
      for name in policy where name != EvaluationPlan.everyPolicy {
        _ = try RetentionPolicies.named(name)
      }
    } catch let error as ValidationError {
      throw error
    } catch {
      throw ValidationError("\(error)")
    }
  }

  func plan(
    data: EvalDataOptions, rules: EvalRuleOptions, model: LlavaModel,
    otherwise policies: [String]
  ) throws -> EvaluationPlan {
    try rules.plan(
      policies: policy.isEmpty ? policies : policy, budgets: BudgetList.requests(budget),
      imageRoot: data.imageRoot, model: model)
  }
}

/// Which answer tokens count.
struct EvalScoringOptions: ParsableArguments {
  @Option(
    name: .customLong("protocol"),
    help: "prefixkv scores every answer token, elastic-cache leaves out the last.")
  var scoring: ScoringProtocol = .prefixkv
}

/// How answers are generated.
struct EvalAnswerOptions: ParsableArguments {
  @Option(name: .long, help: "Longest answer, in tokens.")
  var maxTokens: Int = 1024

  func validate() throws {
    guard maxTokens > 0 else { throw ValidationError("--max-tokens \(maxTokens) is not above 0.") }
  }
}

/// Budgets of several runs: `0.2`, `20%`, `180tok`, `200MiB`, and `0.1...0.9` in steps of a tenth.
enum BudgetList {
  static let help: ArgumentHelp =
    "What is kept: shares (0.3, 30%, 0.1...0.9 for nine of them), 180tok, 200MiB."

  static func requests(_ texts: [String]) throws -> [BudgetRequest] {
    try texts.flatMap { text in
      guard let dots = text.range(of: "...") else { return [try BudgetRequest(parsing: text)] }
      let low = try share(String(text[..<dots.lowerBound]), of: text)
      let high = try share(String(text[dots.upperBound...]), of: text)
      guard low <= high else {
        throw ValidationError("The budgets '\(text)' run downwards. Write 0.1...0.9.")
      }
      let count = Int(((high - low) * 10 + 1e-9).rounded(.down))
      return (0...count).map { .share(((low + Double($0) / 10) * 1e9).rounded() / 1e9) }
    }
  }

  private static func share(_ text: String, of range: String) throws -> Double {
    guard case .share(let share) = try BudgetRequest(parsing: text) else {
      throw ValidationError("The budgets '\(range)' are not shares. Write 0.1...0.9.")
    }
    return share
  }
}

/// How the reference's rules are followed.
struct EvalRuleOptions: ParsableArguments {
  @Option(name: .long, help: "Position of a decoded token: true, or the reference's rule.")
  var positions: PositionRule = .true

  @Option(
    name: .long,
    help: "\(Templates.all.map(\.name).joined(separator: ", ")). Default: the model's own.")
  var template: String?

  @Option(name: .long, help: "pad makes the picture square first; crop cuts the middle out.")
  var imageRoute: ImageRoute = .pad

  @Flag(name: .long, help: "Turn pictures as their EXIF tag says; the reference does not.")
  var applyOrientation = false

  @Option(name: .long, help: "What the cache holds its entries in: f32, f16 or q8_0.")
  var kvType: CachePrecision = .f16

  func validate() throws {
    do { _ = try template.map(Templates.named) } catch { throw ValidationError("\(error)") }
  }

  func plan(
    policies: [String], budgets: [BudgetRequest], imageRoot: String, model: LlavaModel
  ) throws -> EvaluationPlan {
    var plan = try EvaluationPlan(
      policies: policies, budgets: budgets,
      template: template.map(Templates.named) ?? model.checkpoint.template, imageRoot: imageRoot)
    plan.positionRule = positions
    plan.imageRoute = imageRoute
    plan.appliesOrientation = applyOrientation
    plan.cachePrecision = kvType
    return plan
  }
}

extension ScoringProtocol: ExpressibleByArgument {}

extension Shard: ExpressibleByArgument {
  public init?(argument: String) {
    guard let shard = try? Shard(parsing: argument) else { return nil }
    self = shard
  }
}
