import Foundation
import KVCache

/// Runs one sample under all cells of a plan.
///
/// The prompt is prefilled once; every cell goes on with a copy of the cache and of the importance,
/// configured by its own policy. Then all cells decode together, so that the weights are read once a
/// step for all of them.
public final class EvaluationRunner {
  public let model: LlavaModel
  public let plan: EvaluationPlan
  /// The last picture: data sets ask several questions about one.
  private var picture: (path: String, image: ImageEmbedding)?

  /// Cells that decode together hold at most this many bytes of cache.
  private static let batchBytes = 2 << 30
  private static let batchCells = 32

  public init(model: LlavaModel, plan: EvaluationPlan) {
    self.model = model
    self.plan = plan
  }

  /// How well the data's answer is predicted: one record a cell, in the order of the plan.
  ///
  /// - Parameter step: Called before every step of decoding; throw from it to stop.
  public func perplexity(
    _ sample: EvaluationSample, step: () throws -> Void = {}
  ) throws -> [EvaluationRecord] {
    let answer = model.tokenizer.encode(sample.answer)
    return try run(sample) { sessions, promptLogits in
      var terms = [[Double]](repeating: [], count: sessions.count)
      var logits = (0..<sessions.count).map { _ in promptLogits }
      for (index, token) in answer.enumerated() {
        for cell in sessions.indices {
          terms[cell].append(
            InferenceSession.negativeLogLikelihood(of: token, logits: logits[cell]))
        }
        try step()
        if index + 1 < answer.count {
          logits = try self.decode(sessions.map { ($0, token) })
        }
      }
      return terms.map { terms in
        let counted = plan.scoring.counted(terms)
        return { record in
          record.terms = counted
          record.loss = TokenLoss(terms: counted)
        }
      }
    }
  }

  /// What each cell answers, greedily, and how that compares with the data's answer.
  public func answers(
    _ sample: EvaluationSample, step: () throws -> Void = {}
  ) throws -> [EvaluationRecord] {
    try run(sample) { sessions, promptLogits in
      try generate(sessions, promptLogits, step: step).map { answer in
        { record in
          record.answer = answer
          record.rouge = Rouge.packaged(prediction: answer, reference: sample.answer)?.f
          record.rougeL =
            Rouge.longestCommonSubsequence(prediction: answer, reference: sample.answer).f
          record.isExact = Rouge.isExactMatch(prediction: answer, reference: sample.answer)
        }
      }
    }
  }

  /// What each cell answers, with the question, for a file of reference answers.
  public func references(
    _ sample: EvaluationSample, step: () throws -> Void = {}
  ) throws -> [EvaluationRecord] {
    try run(sample) { sessions, promptLogits in
      try generate(sessions, promptLogits, step: step).map { answer in
        { record in
          record.answer = answer
          record.image = sample.image
          record.question = sample.question
        }
      }
    }
  }

  /// The prompt's importance, `[layers][positions]`.
  public func importance(of sample: EvaluationSample) throws -> [[Float]] {
    try prefill(sample).session.retention.importance.rows
  }

  // MARK: - One sample

  /// Prefills, forks into the cells, and fills each record with what `body` returns for its session.
  private func run(
    _ sample: EvaluationSample,
    _ body: ([InferenceSession], [Float]) throws -> [(inout EvaluationRecord) -> Void]
  ) throws -> [EvaluationRecord] {
    let clock = ContinuousClock()
    let start = clock.now
    let (full, logits) = try prefill(sample)
    let prefillSeconds = (clock.now - start) / .seconds(1)
    var records: [EvaluationRecord] = []
    var waiting = plan.cells[...]
    while !waiting.isEmpty {
      let start = clock.now
      var batch: [(EvaluationRecord, InferenceSession)] = []
      var bytes = 0
      while let cell = waiting.first, batch.count < Self.batchCells,
        batch.isEmpty || bytes + full.cache.bytesFull <= Self.batchBytes
      {
        let session = try fork(full, for: cell)
        bytes += session.cache.bytesKept
        batch.append((record(sample, cell, session, prefillSeconds), session))
        waiting = waiting.dropFirst()
      }
      let results = try body(batch.map(\.1), logits)
      let seconds = (clock.now - start) / .seconds(1) / Double(batch.count)
      for (pair, fill) in zip(batch, results) {
        var record = pair.0
        fill(&record)
        record.seconds = seconds
        records.append(record)
      }
    }
    return records
  }

  private func prefill(
    _ sample: EvaluationSample
  ) throws -> (session: InferenceSession, logits: [Float]) {
    let image = try embedding(of: sample)
    let prompt = Conversation(template: plan.template, turns: [Turn(marked: sample.question)])
      .prompt(model.tokenizer)
    let cache = KeyValueCache(shape: try model.cacheShape(plan.cachePrecision), spill: false)
    let policy = try RetentionPolicies.named(EvaluationPlan.full)
    let retention = RetentionController(cache: cache, policy: policy, budget: .full)
    let session = InferenceSession(
      model: model, retention: retention, positionRule: plan.positionRule)
    return (session, try session.prefill(prompt, image: image).logits)
  }

  private func embedding(of sample: EvaluationSample) throws -> ImageEmbedding {
    let root = plan.imageRoot.hasSuffix("/") ? plan.imageRoot : plan.imageRoot + "/"
    let path = sample.image.hasPrefix("/") ? sample.image : root + sample.image
    if let picture, picture.path == path { return picture.image }
    let pixels = try ImageFile.load(path: path, applyOrientation: plan.appliesOrientation)
    let values = ImagePreprocessor(model.configuration.vision)
      .prepare(pixels, route: plan.imageRoute)
    let image = try model.encode(values)
    picture = (path, image)
    return image
  }

  private func fork(
    _ full: InferenceSession, for cell: EvaluationPlan.Cell
  ) throws -> InferenceSession {
    let retention = full.retention.copy(
      cache: try full.cache.checkpointCopy(), policy: cell.policy, budget: cell.budget)
    _ = try retention.promptCompleted()
    return InferenceSession(model: model, retention: retention, positionRule: plan.positionRule)
  }

  private func record(
    _ sample: EvaluationSample, _ cell: EvaluationPlan.Cell, _ session: InferenceSession,
    _ prefillSeconds: Double
  ) -> EvaluationRecord {
    EvaluationRecord(
      index: sample.index, id: sample.id, kind: sample.kind, policy: cell.name,
      budget: cell.budget.share, promptTokens: session.cache.seen,
      keptLengths: (0..<session.cache.shape.layers).map(session.cache.length),
      cacheBytes: session.cache.bytesKept, fullBytes: session.cache.bytesFull, seconds: 0,
      prefillSeconds: prefillSeconds)
  }

  // MARK: - Decoding

  /// Greedy answers until the end of sequence, the text `</s>`, or the longest length. As in the
  /// reference, the end of sequence is part of the text.
  private func generate(
    _ sessions: [InferenceSession], _ promptLogits: [Float], step: () throws -> Void
  ) throws -> [String] {
    var answers = sessions.map { _ in [Int]() }
    var texts = sessions.map { _ in AnswerText(model.tokenizer, stopString: Self.endMark) }
    var ended = Set<Int>()
    var running = Array(sessions.indices)
    var logits = sessions.map { _ in promptLogits }
    let room = model.configuration.text.context
    while !running.isEmpty {
      try step()
      var steps: [(Int, Int)] = []
      for (cell, row) in zip(running, logits) {
        let token = Sampler.argmax(row)
        if token == model.configuration.eos {
          ended.insert(cell)
          continue
        }
        answers[cell].append(token)
        _ = texts[cell].append(token)
        if texts[cell].isStopped { continue }
        let isFull = sessions[cell].cache.seen >= room
        if answers[cell].count < plan.maximumTokens && !isFull { steps.append((cell, token)) }
      }
      running = steps.map(\.0)
      if !steps.isEmpty { logits = try decode(steps.map { (sessions[$0.0], $0.1) }) }
    }
    return answers.enumerated().map { cell, tokens in
      let text = model.tokenizer.decode(tokens) + (ended.contains(cell) ? Self.endMark : "")
      return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
  }

  private static let endMark = "</s>"

  /// `[sessions][vocabulary]`
  private func decode(_ steps: [(InferenceSession, Int)]) throws -> [[Float]] {
    let logits = try InferenceSession.decode(steps.map { (session: $0.0, token: $0.1) })
    let width = logits.count / steps.count
    return steps.indices.map { Array(logits[($0 * width)..<(($0 + 1) * width)]) }
  }
}
