import ArgumentParser
import Evaluation

struct EvalPerplexityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ppl",
    abstract: "Token-weighted perplexity of the data's answers.",
    discussion: """
      The prompt is prefilled once a sample and shared by all policies and budgets. Budgets say what \
      is kept; the reference scripts' --ratio is the share that is forgotten. A text file (--data \
      FILE.txt) needs no model that sees pictures: its first tokens are the prompt, and the next ones \
      are scored.
      """)

  @OptionGroup var cells: EvalCellRun
  @OptionGroup var scoring: EvalScoringOptions
  @OptionGroup var passage: EvalPassageOptions

  func run() throws {
    try cells.run(.perplexity) { plan, _ in
      plan.scoring = scoring.scoring
      plan.passage = Passage(prompt: passage.promptTokens, scored: passage.scoredTokens)
    }
  }
}
