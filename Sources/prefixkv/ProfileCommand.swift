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
      them: samples/ with what the search found for each sample, and profile.json with spread, \
      Lorenz curves and Gini coefficients by layer, for prefixkv plot.
      """)

  @Option(name: .long, help: "The data set: a JSON list or JSON lines. Answers are not needed.")
  var data: String

  @Option(name: .long, help: "The folder the data's picture paths begin at. Default: the data's.")
  var images: String?

  @Option(name: .long, help: "Only the first N samples.")
  var samples: Int?

  @Option(
    name: .long, parsing: .upToNextOption,
    help: "Kept shares: 0.3, 30%, or 0.1...0.9 for nine of them.")
  var budget: [String] = ["0.1...0.9"]

  @Option(name: .shortAndLong, help: "The folder to write into.")
  var output: String

  @Option(name: .long, help: "The model's name in the file names. Default: its folder's.")
  var name: String?

  @Flag(name: .long, help: "Stop at the first bad item instead of leaving it out.")
  var strict = false

  @OptionGroup var model: ModelOptions
  @OptionGroup var rules: EvalRuleOptions

  func validate() throws {
    if let samples, samples < 1 { throw ValidationError("--samples \(samples) is not above 0.") }
    if let name, name.isEmpty || name.contains("/") {
      throw ValidationError("--name '\(name)' can not be part of a file name.")
    }
    do {
      let shares = try BudgetList.shares(budget)
      guard shares.allSatisfy({ $0 < 1 }) else {
        throw ValidationError("A budget of 1 keeps everything; there is nothing to estimate.")
      }
    } catch let error as ValidationError {
      throw error
    } catch {
      throw ValidationError("\(error)")
    }
  }

  func run() throws {
    try exitingWithStatus {
      let set = try EvaluationData.read(path: data, needsAnswers: false, isStrict: strict)
      for problem in set.problems { Notice.say(problem.description) }
      let llava = try model.load()
      let plan = try rules.plan(
        policies: ["full"], budgets: [1],
        imageRoot: images ?? (data as NSString).deletingLastPathComponent, model: llava)
      var profiler = Profiler(
        model: name ?? llava.checkpoint.name, budgets: try BudgetList.shares(budget))
      try collect(set, EvaluationRunner(model: llava, plan: plan), &profiler)
      guard !profiler.estimations.isEmpty else { throw DataError.noItems(file: data) }
      for estimation in profiler.estimations { try estimation.write(to: output) }
      let report = profiler.report(data: set)
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      try encoder.encode(report).write(
        to: URL(fileURLWithPath: output + "/profile.json"), options: .atomic)
      print(report.table.text, terminator: "")
    }
  }

  private func collect(
    _ set: EvaluationData, _ runner: EvaluationRunner, _ profiler: inout Profiler
  ) throws {
    let chosen = set.samples.prefix(samples ?? set.samples.count)
    let clock = ContinuousClock()
    let start = clock.now
    let progress = ProgressLine()
    Interruption.listen()
    for (index, sample) in chosen.enumerated() {
      if Interruption.isRequested {
        Notice.say("Stopped after \(index) samples; the estimate is made from these.")
        break
      }
      do {
        try profiler.add(importance: runner.importance(of: sample))
      } catch let error as ImageError where !strict {
        Notice.say("\(data): item \(sample.index), field 'image': \(error)")
      } catch let error as ModelError where !strict {
        Notice.say("\(data): item \(sample.index), field 'question': \(error)")
      }
      progress.show(
        EvaluationRun.Progress(
          done: index + 1, total: chosen.count, elapsed: clock.now - start))
    }
    progress.end()
  }
}
