import ArgumentParser

struct EvalRougeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rouge",
    abstract: "Compare greedy answers under compression with the answers in the data.",
    discussion: """
      The data is the file that eval reference wrote, or any data set with answers. Columns: \
      ROUGE-L exactly as the Python package rouge 1.0.1 computes it (its errors count as 0), the \
      usual ROUGE-L, and exact match without case, punctuation and articles. At budget 1 the \
      reference script samples; here every answer is greedy.
      """)

  @OptionGroup var cells: EvalCellRun
  @OptionGroup var answers: EvalAnswerOptions
  @OptionGroup var asking: EvalAskingOptions

  func run() throws {
    try cells.run(.rouge, turns: asking.asking == .turns) { plan, _ in
      plan.maximumTokens = answers.maxTokens
      plan.asking = asking.asking
      plan.recalls = asking.recall?.isOn ?? true
    }
  }
}
