import ArgumentParser
import Evaluation
import Inference
import KVCache

/// Where the results of an evaluation go.
struct EvalOutputOptions: ParsableArguments {
  @Option(name: .long, help: "What the run is called; part of the result file's name.")
  var name: String = "eval"

  @Option(
    name: .shortAndLong, help: "The result file. Default: NAME-MEASURE.jsonl.", completion: .file())
  var output: String?

  func path(_ measure: RunDescription.Measure) -> String {
    output ?? "\(name)-\(measure.rawValue).jsonl"
  }
}

/// Which policies at which budgets.
struct EvalCellOptions: ParsableArguments {
  @Option(
    name: .long, parsing: .upToNextOption,
    help: "What is kept: shares (0.3, 30%, 0.1...0.9 for nine of them), 180tok, 200MiB.")
  var budget: [String] = ["0.1...0.9"]

  @Option(
    name: .long, parsing: .upToNextOption,
    help: """
      \(RetentionPolicies.all.map(\.name).joined(separator: ", ")), prefixkv:PATH for configuration \
      files, or all. Default: full, prefixkv and local; all in eval table.
      """, completion: .list(RetentionPolicies.all.map(\.name) + ["all"]))
  var policy: [String] = []

  func validate() throws {
    _ = try BudgetList.requests(budget)
    for name in policy where name != EvaluationPlan.everyPolicy {
      try RetentionPolicies.requireName(name)
    }
  }

  /// Looks at the policies' configuration files: a wrong path should not cost the loading of a model.
  ///
  /// - Throws: `ConfigurationError`.
  func checkPolicies() throws {
    for name in policy where name != EvaluationPlan.everyPolicy {
      _ = try RetentionPolicies.named(name)
    }
  }
}

/// Which answer tokens count.
struct EvalScoringOptions: ParsableArguments {
  @Option(
    name: .customLong("protocol"),
    help: "prefixkv scores every answer token, elastic-cache leaves out the last.")
  var scoring: ScoringProtocol = .prefixkv
}

/// What is read and scored of a text file.
struct EvalPassageOptions: ParsableArguments {
  @Option(name: .long, help: "Of a text file, the first tokens are the prompt: so many.")
  var promptTokens: Int = Passage().prompt

  @Option(name: .long, help: "Of a text file, so many tokens behind the prompt are scored.")
  var scoredTokens: Int = Passage().scored

  func validate() throws {
    for (option, value) in [
      ("--prompt-tokens", promptTokens), ("--scored-tokens", scoredTokens),
    ] where !(1...1 << 24 ~= value) {
      throw ValidationError("\(option) \(value) is outside 1...\(1 << 24).")
    }
  }
}

/// How answers are generated.
struct EvalAnswerOptions: ParsableArguments {
  @Option(name: .long, help: "Longest answer, in tokens.")
  var maxTokens: Int = 1024

  func validate() throws {
    guard maxTokens > 0 else { throw ValidationError("--max-tokens \(maxTokens) is not above 0.") }
  }
}

/// How the reference's rules are followed.
struct EvalRuleOptions: ParsableArguments {
  @Option(name: .long, help: "Position of a decoded token: true, or the reference's rule.")
  var positions: PositionRule = .true

  @Option(
    name: .long,
    help: "\(Templates.all.map(\.name).joined(separator: ", ")). Default: the model's own.",
    completion: .list(Templates.all.map(\.name)))
  var template: String?

  @OptionGroup var sight: SightOptions

  @Flag(name: .long, help: "Turn pictures as their EXIF tag says; the reference does not.")
  var applyOrientation = false

  @Option(name: .long, help: "What the cache holds its entries in: \(CachePrecision.names).")
  var kvType: CachePrecision = .f16

  func validate() throws { _ = try template.map(Templates.named) }

  func plan(
    policies: [String], budgets: [BudgetRequest], imageRoot: String, model: LlavaModel
  ) throws -> EvaluationPlan {
    let choice =
      try template.map { TemplateChoice(try Templates.named($0), .named) }
      ?? model.checkpoint.templateChoice
    choice.warning.map(Notice.say)
    var plan = try EvaluationPlan(
      policies: policies, budgets: budgets, template: choice.template, imageRoot: imageRoot)
    plan.positionRule = positions
    plan.imageRoute = sight.imageRoute ?? model.configuration.route
    plan.tiles = sight.detail.tiles
    plan.pictureTokens = try sight.detail.pictureTokens(for: model)
    plan.appliesOrientation = applyOrientation
    plan.cachePrecision = kvType
    return plan
  }
}

extension ScoringProtocol: ExpressibleByArgument {}
