import ArgumentParser
import Basics
import Evaluation
import Inference
import KVCache

/// What every measure of policies at budgets takes, and how it is run.
struct EvalCellRun: ParsableArguments {
  @OptionGroup var data: EvalDataOptions
  @OptionGroup var output: EvalOutputOptions
  @OptionGroup var cells: EvalCellOptions
  @OptionGroup var model: ModelOptions
  @OptionGroup var rules: EvalRuleOptions

  /// - Parameters:
  ///   - policies: Those that run when none is given.
  ///   - turns: Whether all turns of an item's conversation are asked.
  ///   - complete: Sets what this measure has beside the others.
  func run(
    _ measure: RunDescription.Measure,
    otherwise policies: [String] = ["full", "prefixkv", "local"], turns: Bool = false,
    complete: (inout EvaluationPlan, LlavaModel) -> Void
  ) throws {
    let settings = try data.settings(
      measure, name: output.name, output: output.path(measure), weights: model.quantize?.rawValue,
      turns: turns)
    let run = try EvalRun(settings)
    try cells.checkPolicies()
    try InputFiles.protect(
      cells.policy.flatMap(RetentionPolicies.files), of: "the configuration", from: run.outputs)
    try run.run(model: model) { model in
      var plan = try rules.plan(
        policies: cells.policy.isEmpty ? policies : cells.policy,
        budgets: BudgetList.requests(cells.budget), imageRoot: settings.data.imageRoot,
        model: model)
      complete(&plan, model)
      return plan
    }
  }
}
