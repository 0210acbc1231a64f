import Foundation
import KVCache
import TestSupport
import Testing

@testable import Inference

/// Answers side by side from one prefill.
@Suite struct ComparisonTests {
  private let fixture: ChatFixture
  var model: LlavaModel { fixture.model }
  var image: ImageEmbedding { fixture.image }

  init() throws { fixture = try ChatFixture() }

  private func chat(
    _ policy: String = "prefixkv", _ budget: Double = 1, tokens: Int = 24,
    recording: Set<RetentionNeed> = RetentionNeed.cheap
  ) throws -> ChatSession {
    var options = ChatOptions(
      policy: try RetentionPolicies.named(policy), budget: .share(budget),
      sampling: SamplingOptions(maximumTokens: tokens))
    options.recording = recording
    return try fixture.chat(options)
  }

  private func columns(_ text: String) throws -> [ComparisonColumn] {
    try ComparisonColumn.columns(parsing: text, policy: "prefixkv", budget: .share(1))
  }

  private static func comparisons(_ listener: Listener) -> [ComparisonEvent] {
    listener.events.compactMap { if case .comparison(let event) = $0 { event } else { nil } }
  }

  @Test func aColumnsTextIsThatOfAskAlone() throws {
    let columns = try columns("prefixkv snapkv local h2o-reference at 100% 50% 20%")
    let listener = Listener()
    let answers = try chat("full").ask("What is this?", comparing: columns, observer: listener)
    #expect(answers.count == columns.count)
    for (answer, column) in zip(answers, columns) {
      guard case .share(let share) = column.budget else { continue }
      let alone = Listener()
      let chat = try chat(column.policy, share)
      let statistics = try chat.ask("What is this?", observer: alone)
      #expect(answer.text == alone.text, "\(column)")
      #expect(answer.tokens == statistics.generatedTokens)
      #expect(answer.finish == statistics.finish)
      #expect(answer.bytesKept == chat.snapshot.bytesKept, "\(column)")
      #expect(answer.budget == share)
      let entries = chat.snapshot.layers.reduce(0) { $0 + $1.retained }
      #expect(answer.imageEntries + answer.textEntries == entries)
    }
    let events = Self.comparisons(listener)
    #expect(events.first == .began(columns))
    #expect(events.last == .ended)
    for index in columns.indices {
      let text = events.reduce(into: "") { text, event in
        if case .token(index, let piece) = event { text += piece }
      }
      #expect(text == answers[index].text)
    }
  }

  /// Where a processor multiplies many rows by other kernels than one, bits would tell.
  @Test func manyColumnsAreRoundedLikeOne() throws {
    let fixture = try ChatFixture(matrixType: .q8_0)
    let shares = (0..<ComparisonColumn.most).map { "\(100 - 5 * $0)%" }.joined(separator: " ")
    let probabilities = try [shares, "100%"].map { shares in
      let options = ChatOptions(
        policy: try RetentionPolicies.named("prefixkv"),
        sampling: SamplingOptions(maximumTokens: 12))
      let chat = try fixture.chat(options)
      _ = try chat.ask("What is this?", comparing: columns(shares), observer: Listener())
      return try chat.adopt(column: 0).tokens.map { $0.choice?.probability }
    }
    #expect(probabilities[0] == probabilities[1] && probabilities[0].count == 12)
  }

  @Test func theConversationStaysAsItWas() throws {
    let compared = try chat("prefixkv", 0.5)
    let plain = try chat("prefixkv", 0.5)
    for chat in [compared, plain] { _ = try chat.ask("What is this?", observer: Listener()) }
    let before = compared.snapshot
    _ = try compared.compare(columns("100% 10%"), observer: Listener())
    #expect(compared.snapshot == before)
    let (first, second) = (Listener(), Listener())
    _ = try compared.ask("And its colour?", observer: first)
    _ = try plain.ask("And its colour?", observer: second)
    #expect(first.text == second.text)
  }

  @Test func anAdoptedColumnGoesOnAsIfItHadBeenAsked() throws {
    let compared = try chat()
    _ = try compared.ask("What is this?", observer: Listener())
    let answers = try compared.compare(columns("50% 20%"), observer: Listener())
    try compared.adopt(column: 1)
    let plain = try chat("prefixkv", 0.2)
    let asked = Listener()
    _ = try plain.ask("What is this?", observer: asked)
    #expect(answers[1].text == asked.text)
    #expect(compared.snapshot.layers == plain.snapshot.layers)
    #expect(compared.options.budget == .share(0.2))
    let (first, second) = (Listener(), Listener())
    _ = try compared.ask("And its colour?", observer: first)
    _ = try plain.ask("And its colour?", observer: second)
    #expect(first.text == second.text)
    #expect(throws: ChatError.noColumn(0, columns: 0)) { try compared.adopt(column: 0) }
  }

  /// What a twin says of the same answer while it is written.
  @Test func anAdoptedAnswerBringsItsTokensAlong() throws {
    let compared = try chat("prefixkv", 0.5)
    _ = try compared.ask("What is this?", observer: Listener())
    _ = try compared.compare(columns("100% 10%"), observer: Listener())
    let adopted = try compared.adopt(column: 1)

    let plain = try chat("prefixkv", 0.1)
    plain.options.hasTwin = true
    let asked = Listener()
    let statistics = try plain.ask("What is this?", observer: asked)
    let choices = asked.events.compactMap {
      if case .choice(let choice) = $0 { choice } else { nil }
    }
    let qualities = asked.events.compactMap {
      if case .quality(let quality) = $0 { quality } else { nil }
    }
    #expect(adopted.ids == statistics.tokens && !adopted.ids.isEmpty)
    #expect(adopted.tokens.map(\.text).joined() == asked.text)
    #expect(adopted.tokens.map(\.position) == choices.map(\.position))
    #expect(adopted.tokens.map(\.choice?.text) == choices.map(\.text))
    for (one, other) in zip(adopted.tokens, choices) {
      let probability = try #require(one.choice?.probability)
      #expect(abs(probability - other.probability) < 1e-5)
    }
    #expect(adopted.qualities.map(\.position) == qualities.map(\.position))
    #expect(adopted.qualities.map(\.other) == qualities.map(\.other))
    #expect(adopted.qualities.contains { $0.other != nil })
    for (one, other) in zip(adopted.qualities, qualities) {
      #expect(abs(one.divergence - other.divergence) < 1e-3 * max(other.divergence, 1e-2))
    }
    // What a token attended to is computed when it is asked for.
    let last = try #require(adopted.tokens.last).position
    #expect(try compared.attention(of: last).isExact)
  }

  @Test func theFullCacheAgreesWithItself() throws {
    let answers = try chat().ask(
      "What is this?", comparing: columns("100% 5%"), observer: Listener())
    let full = try #require(answers[0].agreement)
    let small = try #require(answers[1].agreement)
    // One pass over several rows rounds otherwise than steps of one row.
    #expect(full.meanKL < 1e-4, "\(full.meanKL)")
    #expect(full.share == 1)
    #expect(small.meanKL > 10 * full.meanKL)
  }

  /// By the definition, token after token on the full cache.
  @Test func divergenceEqualsTheDefinition() throws {
    let column = ComparisonColumn(policy: "prefixkv", budget: .share(0.1))
    let chat = try chat(tokens: 12)
    let answer = try #require(
      chat.ask("What is this?", comparing: [column], observer: Listener()).first)
    let prompt = Conversation(
      template: chat.templateChoice.template, turns: [Turn("What is this?", image: .first)]
    ).prompt(model.tokenizer)
    func session(_ policy: String, _ share: Double) throws -> (InferenceSession, [Float]) {
      let session = try model.session(
        SessionOptions(policy: RetentionPolicies.named(policy), budget: Budget(share)))
      return (session, try session.prefill(prompt, image: image).logits)
    }
    let (full, small) = (try session("full", 1), try session("prefixkv", 0.1))
    var (fullLogits, smallLogits) = (full.1, small.1)
    var (sum, agreed, count) = (0.0, 0, 0)
    while count < 12 {
      let (p, q) = (softmax(fullLogits), softmax(smallLogits))
      sum += zip(p, q).reduce(0) { $0 + $1.0 * log($1.0 / $1.1) }
      let token = Sampler.argmax(smallLogits)
      agreed += token == Sampler.argmax(fullLogits) ? 1 : 0
      count += 1
      if model.tokenizer.specials.ends.contains(token) { break }
      fullLogits = try full.0.decode(token)
      smallLogits = try small.0.decode(token)
    }
    let agreement = try #require(answer.agreement)
    #expect(abs(agreement.meanKL - sum / Double(count)) < 1e-3 * max(1, sum))
    #expect(abs(agreement.share - Double(agreed) / Double(count)) < 1e-9)
  }

  private func softmax(_ logits: [Float]) -> [Double] {
    let peak = Double(logits.max() ?? 0)
    let powers = logits.map { exp(Double($0) - peak) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }

  @Test func scoringInPartsEqualsScoringAtOnce() throws {
    let chat = try chat("full")
    let logits = try chat.read("What is this?", observer: Listener()).logits
    let tokens = Array(40..<60)
    var random = SeededNumbers(3)
    let predictions = (0..<21).flatMap { _ in random.floats(logits.count, scale: 3) }
    func agreement(_ parts: [Int]) throws -> Agreement {
      let scorer = FullCacheScorer(try chat.session.fork(), after: logits)
      var done = 0
      for part in parts {
        let rows = min(part, 21 - done)
        try scorer.score(
          Array(tokens[min(done, 20)..<min(done + rows, 20)]),
          predictions: Array(
            predictions[done * logits.count..<(done + rows) * logits.count]))
        done += rows
      }
      return scorer.agreement
    }
    let whole = try agreement([21])
    for parts in [[1, 20], [7, 7, 7], Array(repeating: 1, count: 21)] {
      let split = try agreement(parts)
      #expect(abs(split.meanKL - whole.meanKL) < 1e-3 * whole.meanKL)
      #expect(split.share == whole.share)
    }
  }

  @Test func comparingBeforeAQuestionIsRefused() throws {
    #expect(throws: ChatError.nothingToCompare) {
      try chat().compare(columns("50%"), observer: Listener())
    }
  }

  @Test func aPolicyThatLacksItsRecordsIsRefusedByName() throws {
    let chat = try chat("full", recording: [])
    _ = try chat.ask("What is this?", observer: Listener())
    #expect(
      throws: ComparisonError.notRecorded(
        policy: "snapkv", what: "the attention of the prompt's last queries")
    ) {
      try chat.compare(columns("snapkv at 50%"), observer: Listener())
    }
  }
}
