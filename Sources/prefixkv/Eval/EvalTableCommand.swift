import ArgumentParser
import Evaluation
import Inference
import KVCache

struct EvalTableCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "table",
    abstract: "Every policy at every budget: perplexity, ROUGE-L and exact match in one run.",
    discussion: """
      What eval ppl and eval rouge measure, over one prefill a sample. The summary is one table a \
      measure, policies down and budgets across, with 95 % bootstrap intervals.

      With --by-bytes every type of the cache that the model's heads fit is run at the same bytes: a \
      budget of 20 % is a fifth of the bytes of a full cache in f16, which f32 fills with half as many \
      entries as f16, q8_0 with 1.9 times and q4_0 with 3.6 times as many, at most all of them.
      """)

  @OptionGroup var cells: EvalCellRun
  @OptionGroup var scoring: EvalScoringOptions
  @OptionGroup var answers: EvalAnswerOptions

  @Flag(name: .long, help: "Compare the types of the cache at equal bytes; budgets are of bytes.")
  var byBytes = false

  func validate() throws {
    guard byBytes else { return }
    guard cells.rules.kvType == .f16 else {
      throw ValidationError(
        "--by-bytes compares \(CachePrecision.names); leave --kv-type \(cells.rules.kvType) out.")
    }
    for budget in try BudgetList.requests(cells.cells.budget) {
      guard case .entriesPerLayer = budget else { continue }
      throw ValidationError(
        "Budget \(budget.text) counts entries and --by-bytes bytes. Give shares, or bytes: 200MiB.")
    }
  }

  func run() throws {
    try cells.run(.table, otherwise: [EvaluationPlan.everyPolicy]) { plan, model in
      if byBytes {
        plan.comparedPrecisions = CachePrecision.allCases.filter {
          (try? model.cacheShape($0)) != nil
        }
      }
      plan.scoring = scoring.scoring
      plan.maximumTokens = answers.maxTokens
    }
  }
}
