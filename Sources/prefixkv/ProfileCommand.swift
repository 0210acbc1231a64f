import Evaluation
import ArgumentParser
import Foundation
import Inference
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

  @Option(name: .shortAndLong, help: "The folder to write into.")
  var output: String

  @Option(name: .long, help: "The model's name in the file names. Default: its folder's.")
  var name: String?

  @OptionGroup var model: ModelOptions
  @OptionGroup var rules: EvalRuleOptions

  func validate() throws {
    if let name, name.isEmpty || name.contains("/") {
      throw ValidationError("--name '\(name)' can not be part of a file name.")
    }
    do {
      for request in try BudgetList.requests(budget) {
        guard case .share(let share) = request else {
          throw ValidationError(
            "Budget '\(request.text)' depends on the prompt's length; a configuration file is for a "
              + "share: 0.3 or 30%.")
        }
        guard share < 1 else {
          throw ValidationError("A budget of 1 keeps everything; there is nothing to estimate.")
        }
      }
    } catch let error as ValidationError {
      throw error
    } catch {
      throw ValidationError("\(error)")
    }
  }

  func run() throws {
    try exitingWithStatus {
      try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
      try EvalSession(
        measure: .profile, data: data, rules: rules, name: name, output: output + "/profile.jsonl"
      ).run(model: model, needsAnswers: false) { model in
        try rules.plan(
          policies: ["prefixkv"], budgets: BudgetList.requests(budget), imageRoot: data.imageRoot,
          model: model)
      }
    }
  }
}
