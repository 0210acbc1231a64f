import ArgumentParser

struct EvalPerplexityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ppl",
    abstract: "Token-weighted perplexity of the data's answers.",
    discussion: """
      The prompt is prefilled once a sample and shared by all policies and budgets. Budgets say what \
      is kept; the reference scripts' --ratio is the share that is forgotten.
      """)

  @OptionGroup var cells: EvalCellRun
  @OptionGroup var scoring: EvalScoringOptions

  func run() throws {
    try cells.run(.perplexity) { $0.scoring = scoring.scoring }
  }
}
