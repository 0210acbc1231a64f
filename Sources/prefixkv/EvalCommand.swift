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
      EvalPerplexityCommand.self, EvalReferenceCommand.self, EvalRougeCommand.self,
      EvalMergeCommand.self,
    ])
}

struct EvalPerplexityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ppl",
    abstract: "Token-weighted perplexity of the data's answers.",
    discussion: """
      The prompt is prefilled once a sample and shared by all policies and budgets. Budgets are \
      shares that are kept; the reference scripts' --ratio is the share that goes.
      """)

  @OptionGroup var data: EvalDataOptions
  @OptionGroup var cells: EvalCellOptions
  @OptionGroup var model: ModelOptions
  @OptionGroup var rules: EvalRuleOptions

  @Option(
    name: .customLong("protocol"),
    help: "prefixkv scores every answer token, elastic-cache leaves out the last.")
  var scoring: ScoringProtocol = .prefixkv

  func run() throws {
    try exitingWithStatus {
      try EvalSession(measure: .perplexity, data: data, rules: rules)
        .run(model: model, needsAnswers: true) { model in
          var plan = try cells.plan(data: data, rules: rules, model: model)
          plan.scoring = scoring
          return plan
        }
    }
  }
}

struct EvalReferenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reference",
    abstract: "Write the full cache's greedy answers as a file for eval rouge.",
    discussion: "With shards, eval merge --references writes the file from the parts.")

  @OptionGroup var data: EvalDataOptions
  @OptionGroup var model: ModelOptions
  @OptionGroup var rules: EvalRuleOptions

  @Option(name: .long, help: "The file of reference answers to write.")
  var references: String

  @Option(name: .long, help: "Longest answer, in tokens.")
  var maxTokens: Int = 1024

  func validate() throws { try EvalRougeCommand.check(maxTokens) }

  func run() throws {
    try exitingWithStatus {
      let session = EvalSession(measure: .reference, data: data, rules: rules)
      let records = try session.run(model: model, needsAnswers: false) { model in
        var plan = try rules.plan(
          policies: ["full"], budgets: [1], imageRoot: data.imageRoot, model: model)
        plan.maximumTokens = maxTokens
        return plan
      }
      guard let records else { return }
      try Data(ReferenceAnswers(records).json.utf8).write(
        to: URL(fileURLWithPath: references), options: .atomic)
      Notice.say("\(records.count) answers are in \(references).")
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

  @OptionGroup var data: EvalDataOptions
  @OptionGroup var cells: EvalCellOptions
  @OptionGroup var model: ModelOptions
  @OptionGroup var rules: EvalRuleOptions

  @Option(name: .long, help: "Longest answer, in tokens.")
  var maxTokens: Int = 1024

  func validate() throws { try Self.check(maxTokens) }

  static func check(_ maxTokens: Int) throws {
    guard maxTokens > 0 else { throw ValidationError("--max-tokens \(maxTokens) is not above 0.") }
  }

  func run() throws {
    try exitingWithStatus {
      try EvalSession(measure: .rouge, data: data, rules: rules)
        .run(model: model, needsAnswers: true) { model in
          var plan = try cells.plan(data: data, rules: rules, model: model)
          plan.maximumTokens = maxTokens
          return plan
        }
    }
  }
}

struct EvalMergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Join the result files of all shards into the results of a single run.")

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
      if let references {
        try Data(ReferenceAnswers(records).json.utf8).write(
          to: URL(fileURLWithPath: references), options: .atomic)
      }
      let missing = run.samples - Set(records.map(\.index)).count
      if missing > 0 {
        Notice.say("\(missing) of \(run.samples) samples are in none of the files.")
      }
      try SummaryFiles.write(Summary(run: run, records: records), beside: output)
    }
  }
}
