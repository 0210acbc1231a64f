import Evaluation
import ArgumentParser
import Foundation
import Inference
import KVCache

struct EvalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Measure policies and budgets on a data set: perplexity and ROUGE.",
    discussion: """
      Data sets are JSON lists or JSON lines. An item has image, question and answer, or image and \
      conversations, as LLaVA-Description and MM-Vet have them; <image> in the question says where \
      the picture stands. Results are JSON lines, one a sample, policy and budget; a summary is \
      printed and written beside them as .txt, .csv and .md.
      """,
    subcommands: [
      EvalTableCommand.self, EvalPerplexityCommand.self, EvalReferenceCommand.self,
      EvalRougeCommand.self, EvalMergeCommand.self,
    ])
}

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
    try exitingWithStatus {
      try cells.run(.table, otherwise: [EvaluationPlan.everyPolicy]) { plan in
        plan.scoring = scoring.scoring
        plan.maximumTokens = answers.maxTokens
      }
    }
  }
}

struct EvalPerplexityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ppl",
    abstract: "Token-weighted perplexity of the data's answers.",
    discussion: """
      The prompt is prefilled once a sample and shared by all policies and budgets. Budgets say what \
      is kept; the reference scripts' --ratio is the share that goes.
      """)

  @OptionGroup var cells: EvalCellRun
  @OptionGroup var scoring: EvalScoringOptions

  func run() throws {
    try exitingWithStatus {
      try cells.run(.perplexity) { $0.scoring = scoring.scoring }
    }
  }
}

struct EvalReferenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reference",
    abstract: "Write the full cache's greedy answers as a file for eval rouge.")

  @OptionGroup var data: EvalDataOptions
  @OptionGroup var output: EvalOutputOptions
  @OptionGroup var model: ModelOptions
  @OptionGroup var rules: EvalRuleOptions
  @OptionGroup var answers: EvalAnswerOptions

  @Option(name: .long, help: "The file of reference answers to write.")
  var references: String

  func run() throws {
    try exitingWithStatus {
      var session = EvalSession(measure: .reference, data: data, rules: rules, to: output)
      session.references = references
      try session.run(model: model, needsAnswers: false) { model in
        var plan = try rules.plan(
          policies: ["full"], budgets: [], imageRoot: data.imageRoot, model: model)
        plan.maximumTokens = answers.maxTokens
        return plan
      }
    }
  }
}

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

  func run() throws {
    try exitingWithStatus {
      try cells.run(.rouge) { $0.maximumTokens = answers.maxTokens }
    }
  }
}

struct EvalMergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Join the result files of all shards into the results of a single run.",
    discussion: "Of eval or of profile; those of profile become configuration files again.")

  @Argument(help: "The result files of the shards.")
  var parts: [String]

  @Option(name: .shortAndLong, help: "The result file to write.")
  var output: String

  @Option(name: .long, help: "Of a run of eval reference: the file of reference answers to write.")
  var references: String?

  func run() throws {
    try exitingWithStatus {
      let (run, records) = try ResultFile.merge(paths: parts)
      try ResultFile.write(run: run, records: records, to: output)
      let missing = run.samples - Set(records.map(\.index)).count
      if missing > 0 {
        Notice.say("\(missing) of \(run.samples) samples are in none of the files.")
      }
      try Results.write(run, records, beside: output, references: references)
    }
  }
}

/// What every measure of policies at budgets takes, and how it is run.
struct EvalCellRun: ParsableArguments {
  @OptionGroup var data: EvalDataOptions
  @OptionGroup var output: EvalOutputOptions
  @OptionGroup var cells: EvalCellOptions
  @OptionGroup var model: ModelOptions
  @OptionGroup var rules: EvalRuleOptions

  /// - Parameters:
  ///   - policies: Those that run when none is given.
  ///   - complete: Sets what this measure has beside the others.
  func run(
    _ measure: RunDescription.Measure,
    otherwise policies: [String] = ["full", "prefixkv", "local"],
    complete: (inout EvaluationPlan) -> Void
  ) throws {
    try EvalSession(measure: measure, data: data, rules: rules, to: output)
      .run(model: model, needsAnswers: true) { model in
        var plan = try cells.plan(data: data, rules: rules, model: model, otherwise: policies)
        complete(&plan)
        return plan
      }
  }
}

extension EvalSession {
  fileprivate init(
    measure: RunDescription.Measure, data: EvalDataOptions, rules: EvalRuleOptions,
    to output: EvalOutputOptions
  ) {
    self.init(
      measure: measure, data: data, rules: rules, name: output.name,
      output: output.path(measure))
  }
}
