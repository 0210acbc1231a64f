import ArgumentParser
import Basics
import Evaluation
import Inference

/// Runs an evaluation with its progress on stderr and its summary on stdout.
struct EvalRun {
  private let job: EvaluationJob

  /// Every file that the evaluation writes under a name that is known before.
  var outputs: [String] { job.outputs }

  /// Reads the data set.
  init(_ settings: EvaluationJob.Settings) throws { job = try EvaluationJob(settings) }

  /// - Parameter plan: Makes the plan once the model is there.
  /// - Throws: `ExitCode` 130 when Ctrl+C ended the run early.
  func run(model options: ModelOptions, plan: (LlavaModel) throws -> EvaluationPlan) throws {
    let model = try options.load(writing: outputs)
    Interruption.listen()
    let watcher = EvalWatcher()
    let outcome = try watcher.endingProgress {
      try job.run(model: model, plan: plan(model), observer: watcher)
    }
    try StandardStream.output.write(outcome.text)
    if outcome.wasCancelled { throw ExitCode(ExitStatus.interrupted.rawValue) }
  }
}

/// Shows an evaluation's progress and passes Ctrl+C on to it.
private final class EvalWatcher: EvaluationObserver {
  private let progress = ProgressLine()

  var isCancelled: Bool { Interruption.isRequested }

  func receive(_ progress: EvaluationRun.Progress) { self.progress.show(progress) }

  func note(_ sentence: String) {
    progress.end()
    Notice.say(sentence)
  }

  func endingProgress<Result>(_ body: () throws -> Result) rethrows -> Result {
    defer { progress.end() }
    return try body()
  }
}
