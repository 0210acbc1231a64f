import Foundation
import Inference
import KVCache

/// Runs one sample under all cells of a plan.
///
/// The prompt is prefilled once; every cell continues with a copy of the cache and of the
/// importance, configured by its own policy. Then all cells decode together, so that each step
/// reads the weights once for all of them.
public final class EvaluationRunner {
  /// The model that is measured.
  public let model: LlavaModel
  /// The cells that every sample is run under.
  public let plan: EvaluationPlan
  /// What the pictures of the data set show, to find in answers.
  private let objectNames: ObjectNames
  /// The last picture with all its rows, kept because data sets ask several questions about one picture.
  var picture: (path: String, image: ImageEmbedding)?

  /// The remarks of policies about the samples so far, for example that a configuration had to be
  /// interpolated.
  public private(set) var notes: Set<String> = []

  /// Cells that decode together hold at most this many bytes of cache.
  private static let batchBytes = 2 << 30
  private static let batchCells = 32

  /// A runner that has seen no picture yet.
  public init(
    model: LlavaModel, plan: EvaluationPlan, objectNames: ObjectNames = ObjectNames([])
  ) {
    self.model = model
    self.plan = plan
    self.objectNames = objectNames
  }

  /// How well the data's answer is predicted: one record a cell, in the order of the plan.
  ///
  /// - Parameter step: Called before every step of decoding; throw from it to stop.
  public func perplexity(
    _ sample: EvaluationSample, step: () throws -> Void = {}
  ) throws -> [EvaluationRecord] {
    let scored =
      sample.image == nil
      ? try passage(of: sample).scored : model.tokenizer.encode(sample.answer)
    return try follow(sample, Continuation(model: model, scored: scored), step, fillLoss)
  }

  /// The greedy answer of each cell, and how it compares with the data's answer.
  public func answers(
    _ sample: EvaluationSample, step: () throws -> Void = {}
  ) throws -> [EvaluationRecord] {
    try follow(sample, Continuation(model: model, maximumTokens: plan.maximumTokens), step) {
      self.fillAnswer(&$0, $1, reference: sample.answer)
      self.countObjects(&$0, of: sample)
    }
  }

  /// `perplexity` and `answers` over the same prefill. A cell decodes once for both as long as it
  /// answers what the data answers.
  public func table(
    _ sample: EvaluationSample, step: () throws -> Void = {}
  ) throws -> [EvaluationRecord] {
    let continuation = Continuation(
      model: model, scored: model.tokenizer.encode(sample.answer),
      maximumTokens: plan.maximumTokens)
    return try follow(sample, continuation, step) {
      self.fillLoss(&$0, $1)
      self.fillAnswer(&$0, $1, reference: sample.answer)
      self.countObjects(&$0, of: sample)
    }
  }

  /// The greedy answer of each cell, with the question, for a file of reference answers.
  public func references(
    _ sample: EvaluationSample, step: () throws -> Void = {}
  ) throws -> [EvaluationRecord] {
    try follow(sample, Continuation(model: model, maximumTokens: plan.maximumTokens), step) {
      $0.answer = self.text(of: $1)
      $0.image = sample.image
      $0.question = sample.question
    }
  }

  /// What offline estimation needs: the lengths that each cell keeps, how far the published
  /// baselines' choices are from the entries that they mean to choose, and, with the first cell,
  /// how unequal importance is.
  public func profile(_ sample: EvaluationSample) throws -> [EvaluationRecord] {
    try run(sample, reading: { try prefill(sample, in: $0) }) { batch, prompt in
      let importance = prompt.session.retention.importance
      return try batch.map { record, session in
        let context = RetentionContext(
          budget: session.retention.budget, segments: session.cache.segments,
          importance: importance)
        var record = record
        record.profile = try SampleProfile(
          context, withLorenz: record.budget == plan.cells[0].budget)
        return record
      }
    }
  }

  // MARK: Records

  private func fillLoss(_ record: inout EvaluationRecord, _ outcome: Continuation.Outcome) {
    let counted = plan.scoring.counted(outcome.terms)
    record.terms = counted
    record.loss = TokenLoss(terms: counted)
  }

  func fillAnswer(
    _ record: inout EvaluationRecord, _ outcome: Continuation.Outcome, reference: String
  ) {
    let answer = text(of: outcome)
    record.answer = answer
    record.rouge = Rouge.packaged(prediction: answer, reference: reference)?.f
    record.rougeL = Rouge.longestCommonSubsequence(prediction: answer, reference: reference).f
    record.isExact = Rouge.isExactMatch(prediction: answer, reference: reference)
  }

  private func countObjects(_ record: inout EvaluationRecord, of sample: EvaluationSample) {
    guard let objects = sample.objects, let answer = record.answer else { return }
    record.objects = objectNames.count(in: answer, showing: objects)
  }

  /// The text of an answer, which contains the end mark, as in the reference.
  private func text(of outcome: Continuation.Outcome) -> String {
    let end = outcome.hasEnded ? Continuation.endMark : ""
    return (model.tokenizer.decode(outcome.tokens) + end)
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  // MARK: One sample

  /// Prefills, forks into the cells, continues all of them and completes each record.
  private func follow(
    _ sample: EvaluationSample, _ continuation: Continuation, _ step: () throws -> Void,
    _ fill: (inout EvaluationRecord, Continuation.Outcome) -> Void
  ) throws -> [EvaluationRecord] {
    try run(sample, reading: { try prefill(sample, in: $0) }) { batch, prompt in
      let logits = batch.map { _ in prompt.logits }
      let outcomes = try continuation.run(batch.map(\.session), logits, step: step)
      return zip(batch, outcomes).map { cell, outcome in
        var record = cell.record
        fill(&record, outcome)
        return record
      }
    }
  }

  typealias Prefilled = (session: InferenceSession, logits: [Float])

  /// Lets `read` prefill a cache of each precision in turn, forks into the cells, and lets `complete`
  /// make the records of as many cells as may be in memory together.
  func run(
    _ sample: EvaluationSample, reading read: (CachePrecision) throws -> Prefilled,
    _ complete: (
      _ batch: [(record: EvaluationRecord, session: InferenceSession)], Prefilled
    ) throws -> [EvaluationRecord]
  ) throws -> [EvaluationRecord] {
    try plan.precisions.flatMap { try run(sample, in: $0, reading: read, complete) }
  }

  private func run(
    _ sample: EvaluationSample, in precision: CachePrecision,
    reading read: (CachePrecision) throws -> Prefilled,
    _ complete: (
      _ batch: [(record: EvaluationRecord, session: InferenceSession)], Prefilled
    ) throws -> [EvaluationRecord]
  ) throws -> [EvaluationRecord] {
    let clock = ContinuousClock()
    let start = clock.now
    let prompt = try read(precision)
    let prefillSeconds = (clock.now - start) / .seconds(1)
    var records: [EvaluationRecord] = []
    var waiting = plan.cells[...]
    while !waiting.isEmpty {
      let start = clock.now
      var batch: [(record: EvaluationRecord, session: InferenceSession)] = []
      var bytes = 0
      while let cell = waiting.first, batch.count < Self.batchCells,
        batch.isEmpty || bytes + prompt.session.cache.bytesFull <= Self.batchBytes
      {
        let session = try prompt.session.fork(
          policy: cell.policy, budget: plan.budget(of: cell, in: precision),
          recording: cell.policy.needs)
        bytes += session.cache.bytesKept
        if let note = session.retention.lastPlan?.note { notes.insert(note) }
        var record = record(sample, cell, prefillSeconds)
        record.kvType = plan.kvType(precision)
        record.note(session)
        batch.append((record, session))
        waiting = waiting.dropFirst()
      }
      let completed = try complete(batch, prompt)
      let seconds = (clock.now - start) / .seconds(1) / Double(completed.count)
      for var record in completed {
        record.seconds = seconds
        records.append(record)
      }
    }
    return records
  }

  private func record(
    _ sample: EvaluationSample, _ cell: EvaluationPlan.Cell, _ prefillSeconds: Double
  ) -> EvaluationRecord {
    EvaluationRecord(
      index: sample.index, id: sample.id, kind: sample.kind, policy: cell.name,
      budget: cell.budget, promptTokens: 0, keptLengths: [], cacheBytes: 0, fullBytes: 0,
      seconds: 0, prefillSeconds: prefillSeconds)
  }
}
