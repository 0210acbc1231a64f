import ArgumentParser
import Basics
import Evaluation
import KVCache

struct ProfileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profile",
    abstract: "Estimate prefix configurations of a model from some samples.",
    discussion: """
      Writes one prefixkv_NAME_R.json a budget into the output folder, R the share that is \
      forgotten: the reference's format and names. Use them with --policy prefixkv:FOLDER. Beside \
      them: samples/ with what the search found for each sample, profile.jsonl with one line a \
      sample and budget, and profile.json with spread, Lorenz curves, Gini coefficients by layer and \
      the published baselines' overlap with a true top-k, for prefixkv plot. Answers are not needed.
      """)

  @OptionGroup var data: EvalDataOptions

  @Option(
    name: .long, parsing: .upToNextOption,
    help: "Kept shares: 0.3, 30%, or 0.1...0.9 for nine of them.")
  var budget: [String] = ["0.1...0.9"]

  @Option(name: .shortAndLong, help: "The folder to write into.", completion: .directory)
  var output: String

  @Option(name: .long, help: "The model's name in the file names. Default: its folder's.")
  var name: String?

  @OptionGroup var model: ModelOptions
  @OptionGroup var rules: EvalRuleOptions

  func validate() throws {
    if let name, name.isEmpty || name.contains("/") {
      throw ValidationError("--name '\(name)' cannot be part of a file name.")
    }
    _ = try BudgetList.estimable(budget)
  }

  func run() throws {
    let settings = try data.settings(
      .profile, name: name, output: output + "/profile.jsonl", weights: model.quantize?.rawValue)
    let run = try EvalRun(settings)
    try Folder.create(output)
    try run.run(model: model) { model in
      try rules.plan(
        policies: ["prefixkv"], budgets: BudgetList.estimable(budget),
        imageRoot: settings.data.imageRoot, model: model)
    }
  }
}
