import Inference
import Basics
import Foundation

/// A pass over a data set that writes a result file.
public struct EvaluationRun {
  /// How far a run is.
  public struct Progress: Sendable {
    /// Samples of this process that are finished or left out.
    public var done: Int
    /// Samples that this process has to run.
    public var total: Int
    /// Time spent on samples of this process so far.
    public var elapsed: Duration

    /// Progress after `done` samples.
    public init(done: Int, total: Int, elapsed: Duration) {
      self.done = done
      self.total = total
      self.elapsed = elapsed
    }

    /// Estimated time left, by the mean of the samples so far; nil before the first.
    public var left: Duration? {
      done == 0 ? nil : elapsed / done * (total - done)
    }
  }

  /// The result of a run.
  public struct Outcome: Sendable {
    /// Samples whose results are in the file, those of earlier runs included.
    public var finished: Int
    /// Whether the observer stopped it before the last sample.
    public var wasCancelled: Bool
    /// Items that could not be run: a picture that cannot be read, or a prompt that is too long.
    public var problems: [DataProblem]
  }

  /// Thrown between two steps when the observer cancels. The current sample is lost; all before it
  /// are written.
  private struct Cancelled: Error {}

  private let runner: EvaluationRunner
  private let file: ResultFile
  private let data: EvaluationData

  /// A run of the samples that the file's description asks for.
  public init(runner: EvaluationRunner, data: EvaluationData, file: ResultFile) {
    self.runner = runner
    self.data = data
    self.file = file
  }

  /// - Parameters:
  ///   - isStrict: Whether the first bad item is thrown instead of being left out.
  ///   - observer: Receives the progress after every sample, and can stop the run before every step
  ///     of decoding.
  /// - Throws: `DataError.bad`, `ResultError`, and what the model throws.
  public func run(isStrict: Bool, observer: any EvaluationObserver) throws -> Outcome {
    let shard = file.run.shard
    let mine = data.samples(of: file.run).filter { shard.owns(sample: $0.index) }
    let waiting = mine.filter { sample in
      runner.plan.keys(of: sample).contains { !file.finished.contains($0) }
    }
    var outcome = Outcome(finished: mine.count - waiting.count, wasCancelled: false, problems: [])
    let clock = ContinuousClock()
    let start = clock.now
    func step() throws { if observer.isCancelled { throw Cancelled() } }
    for (index, sample) in waiting.enumerated() {
      do {
        try step()
        let known = runner.notes
        let records = try measure(sample, step: step)
        for note in runner.notes.subtracting(known).sorted() { observer.note(note) }
        try file.append(records.filter { !file.finished.contains($0.key) })
        outcome.finished += 1
      } catch is Cancelled {
        outcome.wasCancelled = true
        break
      } catch let error as ImageError {
        var problem = problem(sample, "image", error)
        problem.isMissingFile = error.isMissingFile
        try note(problem, isStrict, &outcome)
      } catch let error as ModelError {
        try note(problem(sample, "question", error), isStrict, &outcome)
      }
      observer.receive(
        Progress(done: index + 1, total: waiting.count, elapsed: clock.now - start))
    }
    return outcome
  }

  private func measure(
    _ sample: EvaluationSample, step: () throws -> Void
  ) throws -> [EvaluationRecord] {
    switch file.run.measure {
    case .perplexity: try runner.perplexity(sample, step: step)
    case .rouge where runner.plan.asking.hasLaterPrompts:
      try runner.dialogues(sample, step: step)
    case .rouge: try runner.answers(sample, step: step)
    case .reference: try runner.references(sample, step: step)
    case .table: try runner.table(sample, step: step)
    case .profile: try runner.profile(sample)
    }
  }

  private func problem(
    _ sample: EvaluationSample, _ field: String, _ error: any Error
  ) -> DataProblem {
    var reason = "\(error)"
    if reason.hasSuffix(".") { reason.removeLast() }
    return DataProblem(file: data.path, index: sample.index, field: field, reason: reason)
  }

  private func note(
    _ problem: DataProblem, _ isStrict: Bool, _ outcome: inout Outcome
  ) throws(DataError) {
    if isStrict { throw .bad(problem) }
    outcome.problems.append(problem)
  }
}
