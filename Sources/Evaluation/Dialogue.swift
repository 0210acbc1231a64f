import Inference
import KVCache

/// One cell's conversation about a sample's picture.
struct Dialogue {
  let session: InferenceSession
  private var conversation: Conversation
  /// What the cache has seen, token by token.
  private var cached: [PromptToken]
  /// `[vocabulary]` of the last question's last position.
  private(set) var logits: [Float]
  /// Positions seen when the last question had been read.
  private var seen: Int

  /// A conversation of which a part was read for all cells.
  ///
  /// - Parameters:
  ///   - conversation: with the first question.
  ///   - cached: the part that was read.
  ///   - logits: `[vocabulary]` of its last position.
  init(
    _ conversation: Conversation, session: InferenceSession, cached: [PromptToken],
    logits: [Float]
  ) {
    self.conversation = conversation
    self.session = session
    self.cached = cached
    self.logits = logits
    seen = session.cache.seen
  }

  /// Reads what the cache has not seen of the open question.
  ///
  /// - Throws: as `InferenceSession.prefill`, and `ModelError.noRoomForSecondPass` when the policy needs
  ///   one: without it the policy would decide blindly.
  mutating func read() throws {
    let model = session.model
    let prompt = conversation.prompt(model.tokenizer)
    logits = try session.prefill(prompt.suffix(from: cached.count), image: nil).logits
    try session.requireSecondPass()
    cached = prompt.tokens
    seen = session.cache.seen
  }

  /// Ends the open turn with what the model answered, and opens the next one. As in a chat, every token
  /// of the answer is decoded, also the last one of an answer that was cut.
  mutating func next(_ question: String, behind answer: [Int]) throws {
    for token in answer.dropFirst(session.cache.seen - seen) { _ = try session.decode(token) }
    cached += answer.map(PromptToken.token)
    conversation.turns[conversation.turns.count - 1].answer = .tokens(answer)
    conversation.turns.append(Turn(question))
  }
}

extension InferenceSession {
  /// Checks that the second pass that is recorded with prompts had room.
  ///
  /// - Throws: `ModelError.noRoomForSecondPass`.
  func requireSecondPass() throws {
    guard retention.recording.contains(.secondPass), !retention.recorded.contains(.secondPass)
    else { return }
    throw ModelError.noRoomForSecondPass(
      positions: cache.seen, context: model.configuration.text.context)
  }
}

extension EvaluationRunner {
  /// What each cell answers, greedily, under `plan.asking`: one record a cell for `ask-after`, and one
  /// a cell and turn for `turns`.
  public func dialogues(
    _ sample: EvaluationSample, step: () throws -> Void = {}
  ) throws -> [EvaluationRecord] {
    let conversation = Conversation(
      template: plan.template, turns: [Turn(sample.bareQuestion, image: .first)])
    let whole = conversation.prompt(model.tokenizer)
    let opening = plan.asking == .askAfter ? whole.throughImage : whole
    let exchanges = plan.exchanges(of: sample)
    return try run(sample, reading: { try prefill(opening, of: sample, in: $0) }) { batch, read in
      var dialogues = batch.map {
        Dialogue(conversation, session: $0.session, cached: opening.tokens, logits: read.logits)
      }
      var records: [EvaluationRecord] = []
      for (turn, exchange) in exchanges.enumerated() {
        if turn > 0 || plan.asking == .askAfter {
          for index in dialogues.indices {
            try step()
            try dialogues[index].read()
          }
        }
        let asked = zip(batch, dialogues).map { cell, dialogue in
          record(cell.record, at: dialogue, turn: turn)
        }
        let outcomes = try Continuation(model: model, maximumTokens: plan.maximumTokens)
          .run(dialogues.map(\.session), dialogues.map(\.logits), step: step)
        for (index, outcome) in outcomes.enumerated() {
          var record = asked[index]
          fillAnswer(&record, outcome, reference: exchange.answer)
          records.append(record)
          guard turn + 1 < exchanges.count else { continue }
          try dialogues[index].next(exchanges[turn + 1].question, behind: outcome.tokens)
        }
      }
      return records
    }
  }

  /// Reads the beginning of a conversation about a sample's picture for all cells.
  private func prefill(
    _ opening: Prompt, of sample: EvaluationSample, in precision: CachePrecision
  ) throws -> Prefilled {
    guard let path = sample.image else { preconditionFailure("a dialogue is about a picture") }
    let question = plan.asking == .askAfter ? nil : sample.bareQuestion
    let image = try embedding(of: path, for: question) { rows in
      try model.requireContext(for: opening.rows(imageRows: rows))
    }
    return try read(opening, image: image, in: precision, reach: nil)
  }

  /// The record of a question that was just read.
  private func record(
    _ cell: EvaluationRecord, at dialogue: Dialogue, turn: Int
  ) -> EvaluationRecord {
    var record = cell
    record.note(dialogue.session)
    guard plan.asking == .turns else { return record }
    record.turn = turn + 1
    record.kind = nil
    return record
  }
}

extension Prompt {
  /// The beginning that ends with the picture.
  fileprivate var throughImage: Prompt {
    prefix(through: tokens.firstIndex(of: .image) ?? tokens.count - 1)
  }
}
