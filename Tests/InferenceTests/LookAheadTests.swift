import Basics
import TestSupport
import Testing

@testable import Inference
@testable import KVCache

/// Tokens that are computed several at a time are those that are computed one at a time, and so is all
/// that they leave behind.
@Suite struct LookAheadTests {
  /// What a sequence is at one moment: everything that later steps depend on.
  struct State: Equatable {
    let positions: [[Int32]]
    let records: [[Int32]]
    let spilled: Int
    let importance: Importance
    let snapshot: [LayerRetention]

    init(_ session: InferenceSession) {
      let cache = session.cache
      positions = cache.layers.map(\.positions)
      records = cache.layers.map(\.records)
      spilled = cache.spill?.count ?? 0
      importance = session.retention.importance
      snapshot = session.retention.snapshot.layers
    }
  }

  struct Step: Equatable {
    let token: Int
    /// After the token was decoded.
    let logits: [Float]
    let state: State
  }

  /// Where the tests change the budget in the middle.
  static let change = 11

  static func tiny(_ type: ElementType) throws -> LlavaModel {
    try LlavaModel(
      SyntheticCheckpoint.make(shape: "tiny", type: type), options: LoadOptions(threads: 2))
  }

  static func prompt(_ count: Int) -> Prompt {
    Prompt(
      tokens: (0..<count).map { .token(3 + $0 * 7 % 200) },
      segments: (0..<count).map { $0 < 9 ? .system : .user })
  }

  /// A sequence that has read a prompt, and what the prompt predicts.
  static func session(
    _ model: LlavaModel, _ policy: String, _ budget: Double, _ precision: CachePrecision,
    prompt count: Int = 300
  ) throws -> (session: InferenceSession, logits: [Float]) {
    let session = try model.session(
      SessionOptions(
        policy: try RetentionPolicies.named(policy), budget: Budget(budget),
        cachePrecision: precision, spills: true))
    return (session, try session.prefill(prompt(count), image: nil).logits)
  }

  /// A greedy answer, one token at a time.
  static func answer(
    _ session: InferenceSession, after prompt: [Float], changingTo budget: Double, count: Int = 24
  ) throws -> [Step] {
    var steps: [Step] = []
    var logits = prompt
    while steps.count < count {
      if steps.count == change { _ = try session.retention.set(budget: Budget(budget)) }
      let token = Sampler.argmax(logits)
      logits = try session.decode(token)
      steps.append(Step(token: token, logits: logits, state: State(session)))
    }
    return steps
  }

  /// The same answer, several tokens at a time: guesses are right for a while, then wrong.
  ///
  /// - Returns: how many tokens took no pass of their own.
  static func follow(
    _ steps: [Step], in session: InferenceSession, changingTo budget: Double, _ name: Comment
  ) throws -> Int {
    var generator = SplitMix64(seed: 5)
    var ahead: TokensAhead?
    var accepted = 0
    for (index, step) in steps.enumerated() {
      if index == change { _ = try session.retention.set(budget: Budget(budget)) }
      let logits: [Float]
      if let ahead, ahead.isNext(step.token, of: session, isWatched: false) {
        accepted += 1
        logits = try session.take(ahead).logits
      } else {
        var tokens = steps[index...].prefix(2 + Int(generator.next() % 7)).map(\.token)
        if tokens.count > 2, generator.next() % 2 == 0 {
          tokens[1 + Int(generator.next() % UInt64(tokens.count - 1))] = 77
        }
        let before = State(session)
        ahead = tokens.count > 1 ? try session.computeAhead(tokens, isWatched: false) : nil
        #expect(State(session) == before, "computing ahead changes nothing, \(name)")
        logits = try ahead.map { try session.take($0).logits } ?? session.decode(step.token)
      }
      let state = State(session)
      #expect(logits == step.logits, "logits of token \(index), \(name)")
      #expect(state == step.state, "state after token \(index), \(name)")
      guard logits == step.logits, state == step.state else { return accepted }
    }
    return accepted
  }

  private func check(
    _ model: LlavaModel, _ policy: String, from budget: Double, to later: Double,
    _ precision: CachePrecision, prompt: Int = 300
  ) throws -> Int {
    let name: Comment = "\(policy), \(budget) then \(later), \(precision)"
    // Not a fork: that would write to the same spill file.
    let (alone, logits) = try Self.session(model, policy, budget, precision, prompt: prompt)
    let together = try Self.session(model, policy, budget, precision, prompt: prompt).session
    let steps = try Self.answer(alone, after: logits, changingTo: later)
    let accepted = try Self.follow(steps, in: together, changingTo: later, name)
    // The bytes of all entries, those of the answer and evicted ones included.
    for layer in 0..<alone.cache.shape.layers {
      #expect(
        try alone.cache.floats(layer: layer, .keys) == together.cache.floats(layer: layer, .keys))
      #expect(
        try alone.cache.floats(layer: layer, .values)
          == together.cache.floats(layer: layer, .values))
    }
    return accepted
  }

  @Test(.slow, arguments: RetentionPolicies.all.map(\.name))
  func everyPolicyGoesOnAsOneTokenAtATime(policy: String) throws {
    let model = try Self.tiny(.q4_0)
    for (budget, later) in [(1, 0.5), (0.5, 0.2), (0.2, 0.6), (0.05, 0.05)] {
      let accepted = try check(model, policy, from: budget, to: later, .f16)
      // What it evicts depends on all layers' attention: only while it evicts nothing could it look ahead.
      if policy != "h2o-reference" { #expect(accepted > 5, "\(policy) at \(budget)") }
    }
  }

  @Test(arguments: CachePrecision.allCases, [ElementType.f32, .f16, .q8_0])
  func everyCacheAndWeightTypeGoesOnAsOneTokenAtATime(
    precision: CachePrecision, type: ElementType
  ) throws {
    let model = try Self.tiny(type)
    for policy in ["prefixkv", "heavy-hitter"] {
      // Three chunks of attention; the first ones are read once for all tokens.
      #expect(try check(model, policy, from: 0.9, to: 0.4, precision, prompt: 700) > 5)
    }
  }

  /// Keys that leave the window leave it for each token when they would have.
  @Test func slidingWindowsMoveWithEachToken() throws {
    let model = try LlavaModel(
      WeightFormats.open(Oracle.path("family/models/bakllava/hf")),
      options: LoadOptions(matrixType: .f32, threads: 2))
    #expect(model.configuration.text.windows.contains { $0 != nil })
    for policy in ["full", "prefixkv", "heavy-hitter"] {
      #expect(try check(model, policy, from: 0.8, to: 0.3, .f16, prompt: 90) > 5)
    }
  }

  @Test func whatATokenAttendedToIsTheSame() throws {
    let model = try Self.tiny(.q4_0)
    let (alone, logits) = try Self.session(model, "prefixkv", 0.4, .f16)
    let together = try alone.fork()
    let steps = try Self.answer(alone.fork(), after: logits, changingTo: 0.4, count: 5)
    let ahead = try #require(try together.computeAhead(steps.map(\.token), isWatched: true))
    for step in steps {
      let expected = try InferenceSession.feed([(alone, [step.token])], watching: 0)
      let taken = try together.take(ahead)
      #expect(taken.attention == expected.attention)
      #expect(taken.logits == expected.logits)
    }
    #expect(!ahead.isNext(steps[0].token, of: together, isWatched: false), "all are taken")
  }

  @Test func whatChangesTheSequenceEndsWhatWasComputedAhead() throws {
    let model = try Self.tiny(.q4_0)
    let (session, _) = try Self.session(model, "prefixkv", 0.5, .f16)
    let ahead = try #require(try session.computeAhead([5, 6, 7], isWatched: false))
    #expect(ahead.isNext(5, of: session, isWatched: false))
    #expect(!ahead.isNext(6, of: session, isWatched: false))
    #expect(!ahead.isNext(5, of: session, isWatched: true), "its attention was not recorded")
    _ = try session.take(ahead)
    #expect(ahead.isNext(6, of: session, isWatched: false))
    _ = try session.retention.set(budget: Budget(0.4))
    #expect(!ahead.isNext(6, of: session, isWatched: false))
    let again = try #require(try session.computeAhead([6, 7], isWatched: false))
    try session.retention.truncate(to: session.cache.seen - 1)
    #expect(!again.isNext(6, of: session, isWatched: false))
  }

  @Test func theContextsEndIsNotPassed() throws {
    let model = try Self.tiny(.q4_0)
    let context = model.configuration.text.context
    let (session, _) = try Self.session(model, "full", 1, .f16, prompt: context - 3)
    #expect(try session.computeAhead([5, 6, 7, 8], isWatched: false) == nil)
    #expect(try session.computeAhead([5, 6, 7], isWatched: false) != nil)
  }

  // MARK: Conversations

  private func ask(
    _ fixture: ChatFixture, _ setting: LookAheadSetting, _ budget: Double, _ policy: String,
    change: @escaping (ChatSession, Int) throws -> Void = { _, _ in }
  ) throws -> Told {
    var options = ChatOptions(
      policy: try RetentionPolicies.named(policy), budget: .share(budget),
      sampling: SamplingOptions(maximumTokens: 40))
    options.lookAhead = setting
    return try ask(
      try fixture.chat(options), ["What is this?", "What is this, again?"], change: change)
  }

  /// What a conversation told of itself.
  struct Told {
    /// Without the times in them.
    let events: [String]
    let statistics: [AnswerStatistics]
    let cached: [PromptToken]
    let text: String
  }

  private func ask(
    _ chat: ChatSession, _ questions: [String],
    change: @escaping (ChatSession, Int) throws -> Void = { _, _ in }
  ) throws -> Told {
    // Guesses are always worth a pass, however long that takes.
    chat.lookAheadPace = LookAheadPace(furtherCost: 0)
    let listener = Listener()
    listener.atToken = { try change(chat, $0) }
    let statistics = try questions.map { try chat.ask($0, observer: listener) }
    return Told(
      events: listener.events.compactMap(Self.description), statistics: statistics,
      cached: chat.cached, text: listener.text)
  }

  /// An event without the times in it.
  private static func description(_ event: EngineEvent) -> String? {
    switch event {
    case .token(let text, _): "token \(text)"
    case .choice(let choice): "\(choice)"
    case .cache(let snapshot):
      "cache \(snapshot.layers) \(snapshot.bytesKept) \(snapshot.bytesSpilled)"
    default: nil
    }
  }

  @Test(arguments: ["prefixkv", "heavy-hitter", "h2o-reference"], [1, 0.2])
  func aConversationTellsTheSame(policy: String, budget: Double) throws {
    let fixture = try ChatFixture()
    let auto = try ask(fixture, .auto, budget, policy)
    let off = try ask(fixture, .off, budget, policy)
    #expect(auto.events == off.events)
    #expect(auto.statistics.map(\.tokens) == off.statistics.map(\.tokens))
    #expect(auto.statistics.map(\.finish) == off.statistics.map(\.finish))
    #expect(off.statistics.allSatisfy { $0.lookAhead == nil })
    let reports = auto.statistics.compactMap(\.lookAhead)
    #expect(reports.count == 2)
    #expect(reports.allSatisfy { $0.accepted <= $0.guessed && $0.passes <= $0.guessed })
    if policy == "prefixkv" { #expect(reports.contains { $0.accepted > 0 }) }
  }

  @Test func budgetsAndPoliciesChangeBetweenTheSameTokens() throws {
    let fixture = try ChatFixture()
    func change(_ chat: ChatSession, _ token: Int) throws {
      if token == 9 { try chat.setBudget(.share(0.3)) }
      if token == 17 { try chat.setPolicy(RetentionPolicies.named("local")) }
      if token == 23 { try chat.setBudget(.share(0.7)) }
      if token == 25 { chat.options.recordsAttention = true }
    }
    let auto = try ask(fixture, .auto, 0.6, "prefixkv", change: change)
    let off = try ask(fixture, .off, 0.6, "prefixkv", change: change)
    #expect(auto.events == off.events)
    #expect(auto.statistics.compactMap(\.lookAhead).contains { $0.accepted > 0 })
  }

  /// The bundled model ends its answers itself; a stop text may end them in the middle of a pass.
  @Test func answersEndAtTheSameToken() throws {
    let assets = Oracle.repository + "/assets"
    let path = try ModelLocator.resolve(nil, environment: ["PREFIXKV_ASSETS": assets]).path
    let model = try LlavaModel(WeightFormats.open(path), options: LoadOptions(threads: 2))
    let pixels = try ImageFile.load(path: assets + "/pictures/night.png", reading: .asSeen)
    let image = try model.embed(pixels)
    func told(_ setting: LookAheadSetting, stop: String?) throws -> Told {
      var options = ChatOptions(
        policy: try RetentionPolicies.named("prefixkv"), budget: .share(0.6),
        sampling: SamplingOptions(maximumTokens: 200))
      options.template = Template(
        "stopping", "ends at a text", question: "USER: ", questionEnd: " ", answer: "ASSISTANT:",
        stopString: stop, signs: .init())
      options.lookAhead = setting
      let chat = try ChatSession(model: model, options: options)
      try chat.begin(image: image)
      return try ask(chat, ["Describe the picture.", "Describe the picture."])
    }
    let whole = try told(.off, stop: nil)
    // Near the end of the second answer.
    let stop = String(whole.text.suffix(24).prefix(10))
    for (stop, end) in [(nil, FinishReason.endOfSequence), (stop, .stopString)] {
      let (auto, off) = (try told(.auto, stop: stop), try told(.off, stop: stop))
      #expect(auto.events == off.events)
      #expect(auto.cached == off.cached)
      #expect(auto.statistics.map(\.finish) == off.statistics.map(\.finish))
      #expect(off.statistics.map(\.finish).contains(end), "\(stop ?? "no stop")")
      #expect(auto.statistics.compactMap(\.lookAhead).contains { $0.accepted > 0 })
    }
  }

  @Test func tokensThatAreDrawnAreNotGuessed() throws {
    let fixture = try ChatFixture()
    var options = ChatOptions(
      policy: try RetentionPolicies.named("full"),
      sampling: SamplingOptions(temperature: 0.8, maximumTokens: 10))
    #expect(try fixture.chat(options).ask("What?", observer: Listener()).lookAhead == nil)
    options.sampling.temperature = 0
    options.hasTwin = true
    #expect(try fixture.chat(options).ask("What?", observer: Listener()).lookAhead == nil)
  }
}
