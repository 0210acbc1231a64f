import ArgumentParser
import Evaluation

struct EvalTableCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "table",
    abstract: "Every policy at every budget: perplexity, ROUGE-L and exact match in one run.",
    discussion: """
      What eval ppl and eval rouge measure, over one prefill a sample. The summary is one table a \
      measure, policies down and budgets across, with 95 % bootstrap intervals.
      """)

  @OptionGroup var cells: EvalCellRun
  @OptionGroup var scoring: EvalScoringOptions
  @OptionGroup var answers: EvalAnswerOptions

  func run() throws {
    try cells.run(.table, otherwise: [EvaluationPlan.everyPolicy]) { plan in
      plan.scoring = scoring.scoring
      plan.maximumTokens = answers.maxTokens
    }
  }
}
