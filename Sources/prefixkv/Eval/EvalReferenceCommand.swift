import ArgumentParser

struct EvalReferenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reference",
    abstract: "Write the full cache's greedy answers as a file for eval rouge.")

  @OptionGroup var data: EvalDataOptions
  @OptionGroup var output: EvalOutputOptions
  @OptionGroup var model: ModelOptions
  @OptionGroup var rules: EvalRuleOptions
  @OptionGroup var answers: EvalAnswerOptions

  @Option(name: .long, help: "The file of reference answers to write.", completion: .file())
  var references: String

  func run() throws {
    let settings = try data.settings(
      .reference, name: output.name, output: output.path(.reference), references: references,
      weights: model.quantize?.rawValue)
    try EvalRun(settings).run(model: model) { model in
      var plan = try rules.plan(
        policies: ["full"], budgets: [], imageRoot: settings.data.imageRoot, model: model)
      plan.maximumTokens = answers.maxTokens
      return plan
    }
  }
}
