import ArgumentParser

struct EvalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Measure policies and budgets on a data set: perplexity and ROUGE.",
    discussion: """
      Data sets are JSON lists or JSON lines, or MM-Vet's own file. An item has image, question and \
      answer, or image and conversations, as LLaVA-Description and MM-Vet have them; <image> in the \
      question says where the picture stands. Pictures are read as the reference reads them: \
      transparency is dropped and every pixel decoded. Results are JSON lines, one a sample, policy \
      and budget; a summary is printed and written beside them as .txt, .csv and .md.
      """,
    subcommands: [
      EvalTableCommand.self, EvalPerplexityCommand.self, EvalReferenceCommand.self,
      EvalRougeCommand.self, EvalMergeCommand.self,
    ])
}
