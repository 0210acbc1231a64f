import Inference
import Basics
import Foundation

/// A pass over a data set that writes a result file.
public struct EvaluationRun {
  /// Where a run is.
  public struct Progress: Sendable {
    public var done: Int
    public var total: Int
    /// Spent on samples of this process so far.
    public var elapsed: Duration

    public init(done: Int, total: Int, elapsed: Duration) {
      self.done = done
      self.total = total
      self.elapsed = elapsed
    }

    /// From the mean of the samples so far; nil before the first.
    public var left: Duration? {
      done == 0 ? nil : elapsed / done * (total - done)
    }
  }

  public struct Outcome: Sendable {
    public var finished: Int
    public var wasCancelled: Bool
    /// Items that could not be run: a picture that can not be read, a prompt that is too long.
    public var problems: [DataProblem]
  }

  /// Thrown from `step` to stop at once; the sample that runs is lost, all others are written.
  public struct Cancelled: Error {
    public init() {}
  }

  private let runner: EvaluationRunner
  private let file: ResultFile
  private let data: EvaluationData

  public init(runner: EvaluationRunner, data: EvaluationData, file: ResultFile) {
    self.runner = runner
    self.data = data
    self.file = file
  }

  /// - Parameters:
  ///   - isStrict: Throw at the first bad item instead of leaving it out.
  ///   - step: Called between steps of decoding; throw `Cancelled` from it to stop.
  ///   - progress: Called after every sample.
  public func run(
    isStrict: Bool, step: () throws -> Void, progress: (Progress) -> Void
  ) throws -> Outcome {
    let shard = file.run.shard
    let mine = data.samples(of: file.run).filter { shard.owns(sample: $0.index) }
    let waiting = mine.filter { sample in
      runner.plan.cells.contains { !file.finished.contains(key(sample, $0)) }
    }
    var outcome = Outcome(finished: mine.count - waiting.count, wasCancelled: false, problems: [])
    let clock = ContinuousClock()
    let start = clock.now
    for (index, sample) in waiting.enumerated() {
      do {
        try step()
        let records = try measure(sample, step: step)
        try file.append(records.filter { !file.finished.contains($0.key) })
        outcome.finished += 1
      } catch is Cancelled {
        outcome.wasCancelled = true
        break
      } catch let error as ImageError {
        try note(problem(sample, "image", error), isStrict, &outcome)
      } catch let error as ModelError {
        try note(problem(sample, "question", error), isStrict, &outcome)
      }
      progress(
        Progress(done: index + 1, total: waiting.count, elapsed: clock.now - start))
    }
    return outcome
  }

  private func measure(
    _ sample: EvaluationSample, step: () throws -> Void
  ) throws -> [EvaluationRecord] {
    switch file.run.measure {
    case .perplexity: try runner.perplexity(sample, step: step)
    case .rouge: try runner.answers(sample, step: step)
    case .reference: try runner.references(sample, step: step)
    case .table: try runner.table(sample, step: step)
    case .profile: try runner.profile(sample)
    }
  }

  private func key(
    _ sample: EvaluationSample, _ cell: EvaluationPlan.Cell
  ) -> EvaluationRecord.Key {
    EvaluationRecord.Key(index: sample.index, policy: cell.name, budget: cell.budget)
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

extension EvaluationData {
  /// The samples that a run is about, in all its shards.
  public func samples(of run: RunDescription) -> ArraySlice<EvaluationSample> {
    samples.dropFirst(run.skipped ?? 0).prefix(run.samples)
  }
}

/// The reference scripts' file of full-cache answers: a list of image, question and answer.
public struct ReferenceAnswers: Sendable, Equatable {
  public let json: String

  /// - Parameter records: Of a run that writes references, in sample order.
  public init(_ records: [EvaluationRecord]) throws {
    struct Item: Encodable {
      var image: String
      var question: String
      var answer: String
    }
    let items = records.compactMap { record -> Item? in
      guard let image = record.image, let question = record.question, let answer = record.answer
      else { return nil }
      return Item(image: image, question: question, answer: answer)
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    json = String(decoding: try encoder.encode(items), as: UTF8.self) + "\n"
  }
}

extension Checkpoint {
  /// SHA-256 of every file the weights are read from, by file name.
  ///
  /// - Throws: What reading threw.
  public func digests() throws -> [String: String] {
    var paths: Set<String> = []
    for tensor in tensors { if let path = tensor.path { paths.insert(path) } }
    var digests: [String: String] = [:]
    for path in paths {
      digests[String(path.split(separator: "/").last ?? "")] = try SHA256.digest(file: path)
    }
    return digests
  }
}
