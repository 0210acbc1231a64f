import Basics
import KVCache

/// A conversation about one picture: turns, the sequence they make, and the answer to each.
///
/// Turn n + 1 continues the positions of turn n, so a follow-up prefills only what is new, and
/// asking again prefills nothing.
public final class ChatSession {
  /// The model that answers.
  public let model: LlavaModel
  /// The options in force: budget and policy may have changed since the beginning.
  public internal(set) var options: ChatOptions
  var session: InferenceSession
  /// The template of the conversation, and how it was found.
  public let templateChoice: TemplateChoice
  /// That of `templateChoice`, with the system sentence of the options.
  private(set) var template: Template
  /// Texts at which an answer ends.
  var stops: [String] {
    [template.stopString].compactMap(\.self) + model.checkpoint.stopTexts
  }
  private var picture: Picture?
  var conversation: Conversation
  /// What the cache has seen, token by token; the next prompt begins with it.
  var cached: [PromptToken] = []
  /// The last prompt's end, from where `regenerate` and `compare` start; nil when its answer was taken back.
  private(set) var promptEnd: PromptEnd?
  /// Columns of the last comparison, until something else is asked.
  var compared: [Comparison.Column] = []
  private var pace: PrefillPace
  /// One for each turn.
  private var asked: [AskedQuestion] = []

  /// A question, and what the cache had seen before it.
  private struct AskedQuestion {
    let text: String
    let seen: Int
    /// The length of `cached` at that moment.
    let cached: Int
  }

  /// A picture before and after the vision tower.
  private enum Picture {
    case pixels(Pixels)
    case rows(ImageEmbedding)
  }

  struct PromptEnd {
    /// Positions seen, the picture's included.
    let seen: Int
    /// `[vocabulary]`
    let logits: [Float]
    /// The length of `cached` at that moment.
    let cached: Int
    /// Positions that this turn's prefill added.
    let added: Int
  }

  /// Begins a conversation without a picture.
  ///
  /// - Throws: `CacheError` when no cache can hold entries of this model's size, `TemplateError` when
  ///   the template has no place for the system sentence.
  public init(model: LlavaModel, options: ChatOptions) throws {
    self.model = model
    self.options = options
    templateChoice =
      options.template.map { TemplateChoice($0, .named) } ?? model.checkpoint.templateChoice
    template = try templateChoice.template.with(system: options.system)
    conversation = Conversation(template: template)
    pace = PrefillPace(model)
    session = try Self.session(model, options)
    try setBudget(options.budget)
  }

  /// - Parameter reach: positions that the sequence may come to have; nil for a conversation that
  ///   has no question yet.
  private static func session(
    _ model: LlavaModel, _ options: ChatOptions, reach: Int? = nil
  ) throws -> InferenceSession {
    try model.session(
      SessionOptions(
        policy: options.policy, cachePrecision: options.cachePrecision,
        positionRule: options.positionRule, recording: options.recording, spills: true,
        reach: reach))
  }

  /// What the cache holds right now.
  public var snapshot: CacheSnapshot { session.retention.snapshot }

  /// The cache's entries right now; nil when nothing of them is wanted.
  public func entries(_ watch: CacheWatch) -> CacheEntries? { session.retention.entries(watch) }

  /// Starts a new conversation about a picture; nil starts one without a picture.
  public func begin(image: ImageEmbedding?) throws {
    picture = image.map(Picture.rows)
    try clear()
  }

  /// Starts a new conversation about a picture, which is encoded when the first question is asked
  /// that fits into the context.
  ///
  /// - Throws: `ModelError.blind` for a text model alone.
  public func begin(pixels: Pixels) throws {
    try model.requireSight()
    picture = .pixels(pixels)
    try clear()
  }

  private var hasPicture: Bool { picture != nil }

  private var image: ImageEmbedding? {
    if case .rows(let image) = picture { image } else { nil }
  }

  /// Forgets all turns; the picture stays.
  public func clear() throws {
    session = try Self.session(model, options)
    try setBudget(options.budget)
    conversation = Conversation(template: template)
    cached = []
    promptEnd = nil
    compared = []
    asked = []
  }

  /// Starts a new conversation with another system sentence; nil is the template's own.
  ///
  /// - Throws: `TemplateError` when the template has no place for one, and `CacheError`.
  public func begin(system: String?) throws {
    template = try templateChoice.template.with(system: system)
    options.system = system
    try clear()
  }

  // MARK: Budget and policy

  /// Changes the budget, also between two tokens.
  ///
  /// - Throws: `BudgetError` for a budget out of range, `CacheError` when the spill file fails.
  @discardableResult
  public func setBudget(_ request: BudgetRequest) throws -> ReconfigurationReport {
    let report = try session.set(budget: request)
    options.budget = request
    return report
  }

  /// Changes the policy, also between two tokens.
  ///
  /// - Throws: `CacheError` when the spill file fails, and what the policy throws.
  @discardableResult
  public func setPolicy(_ policy: any RetentionPolicy) throws -> ReconfigurationReport {
    options.policy = policy
    return try session.retention.set(policy: policy)
  }

  // MARK: Answers

  /// Answers a question; the transcript then holds both.
  ///
  /// When it throws or is stopped before the first token, the conversation is as it was before.
  ///
  /// - Throws: `ModelError.cancelled` when the observer stopped it before the first token,
  ///   `.contextFull` before the picture is encoded when the prompt has no room, and `CacheError`.
  public func ask(_ question: String, observer: any AnswerObserver) throws -> AnswerStatistics {
    let read = try read(question, observer: observer)
    return try answer(from: read.logits, start: read.start, observer: observer)
  }

  /// Reads a question; an answer, or several, can then be generated.
  ///
  /// - Returns: `[vocabulary]` of the prompt's last position, and when reading it began.
  func read(_ question: String, observer: any AnswerObserver) throws -> (
    logits: [Float], start: ContinuousClock.Instant
  ) {
    compared = []
    var continued = conversation
    let placement: ImagePlacement? = hasPicture && conversation.turns.isEmpty ? .first : nil
    continued.turns.append(Turn(question, image: placement))
    let prompt = continued.prompt(model.tokenizer)
    let layout = try layout(for: prompt)
    let rows = prompt.rows(imageRows: layout?.count ?? image?.count ?? 0)
    try model.requireContext(for: rows)
    let longer = try sequence(for: rows)
    let new = prompt.suffix(from: longer == nil ? cached.count : 0)
    try encodePicture(as: layout, observer)

    let start = ContinuousClock().now
    // Also when they are read once more, the turns before have these positions.
    let seen = self.session.cache.seen
    let session = longer ?? self.session
    let before = session.cache.seen
    pace.announce(new.rows(imageRows: image?.count ?? 0), to: observer)
    let prefill = try session.prefill(new, image: image) { done, total in
      try report(.prefill, done: done, total: total, to: observer)
    }
    pace.measured(positions: session.cache.seen - before, in: ContinuousClock().now - start)
    asked.append(AskedQuestion(text: question, seen: seen, cached: cached.count))
    self.session = session
    conversation = continued
    cached = prompt.tokens
    // A budget in entries or bytes is a smaller share now that more positions were seen.
    if case .share = options.budget {} else { try setBudget(options.budget) }
    promptEnd = PromptEnd(
      seen: session.cache.seen, logits: prefill.logits, cached: cached.count,
      added: session.cache.seen - before)
    observer.receive(.reconfigured(prefill.report))
    return (prefill.logits, start)
  }

  /// Answers the last question once more. The prompt's cache and logits are usually still there, so
  /// nothing is prefilled; after `undo` the prompt is read again.
  ///
  /// - Parameter sampling: how the tokens of this answer are chosen; nil goes on with the options' and
  ///   their next seed.
  /// - Throws: `ChatError.nothingToRegenerate` before the first question.
  public func regenerate(
    sampling: SamplingOptions? = nil, observer: any AnswerObserver
  ) throws -> AnswerStatistics {
    guard let question = asked.last?.text else { throw ChatError.nothingToRegenerate }
    if sampling == nil { options.sampling.seed &+= 1 }
    let usual = options.sampling
    options.sampling = sampling ?? usual
    defer { options.sampling = usual }
    guard let promptEnd else {
      try undo()
      return try ask(question, observer: observer)
    }
    let start = ContinuousClock().now
    compared = []
    try session.retention.truncate(to: promptEnd.seen)
    cached.removeSubrange(promptEnd.cached...)
    return try answer(from: promptEnd.logits, start: start, observer: observer)
  }

  /// Takes the last question and its answer back: the conversation is as it was before it.
  ///
  /// - Throws: `ChatError.nothingToUndo` before the first question, and `CacheError`.
  public func undo() throws {
    guard let last = asked.last else { throw ChatError.nothingToUndo }
    compared = []
    try session.retention.truncate(to: last.seen)
    asked.removeLast()
    cached.removeSubrange(last.cached...)
    conversation.turns.removeLast()
    promptEnd = nil
  }

  /// Chooses the tokens of the next answers like this.
  public func setSampling(_ sampling: SamplingOptions) { options.sampling = sampling }

  /// A new sequence when the one at hand cannot become as long as the prompt and its answer, because
  /// its keys are rotated for shorter sequences (longrope), or need not be rotated for longer ones.
  /// The whole conversation is then read once more.
  private func sequence(for prompt: Int) throws -> InferenceSession? {
    let reach = prompt + options.sampling.maximumTokens
    let rotary = model.configuration.text.rotary
    guard rotary.frequencies(reach: reach) != rotary.frequencies(reach: session.reach) else {
      return nil
    }
    let session = try Self.session(model, options, reach: reach)
    _ = try session.set(budget: options.budget)
    return session
  }

  /// How a picture that is still pixels is cut for its prompt; nil where there is none.
  private func layout(for prompt: Prompt) throws -> PictureLayout? {
    guard case .pixels(let pixels) = picture else { return nil }
    return try layout(of: pixels.size, text: prompt.rows(imageRows: 0))
  }

  /// Makes rows of a picture that is still pixels.
  private func encodePicture(
    as layout: PictureLayout?, _ observer: any AnswerObserver
  ) throws {
    guard case .pixels(let pixels) = picture, let layout else { return }
    try announce(layout, to: observer)
    picture = .rows(
      try encode(pixels, as: layout) { done, total in
        try report(.vision, done: done, total: total, to: observer)
      })
  }

  /// Encodes a picture for this conversation, and learns how quick the machine is.
  func encode(
    _ pixels: Pixels, as layout: PictureLayout,
    progress: (_ done: Int, _ total: Int) throws -> Void
  ) throws -> ImageEmbedding {
    let start = ContinuousClock().now
    let image = try model.embed(pixels, as: layout, progress: progress)
    pace.encoded(layout, in: ContinuousClock().now - start)
    return image
  }

  /// How a picture of this size is cut, so that the context has room for it, the text around it, and the
  /// beginning of an answer.
  ///
  /// - Parameter text: positions of the text; nil before the question is known.
  func layout(of picture: PixelSize, text: Int? = nil) throws -> PictureLayout {
    let context = model.configuration.text.context
    return try model.layout(
      of: picture, route: options.imageRoute, tiles: options.tiles,
      within: context - (text ?? 0) - min(context / 8, MemoryNeed.textPositions))
  }

  /// Tells how the picture is cut, and of tiles that had to be left out.
  func announce(_ layout: PictureLayout, to observer: any AnswerObserver) throws {
    observer.receive(.pictureLaidOut(layout))
    let wanted = try model.layout(
      of: layout.picture, route: options.imageRoute, tiles: options.tiles)
    guard layout.tileCount < wanted.tileCount else { return }
    observer.receive(
      .notice(
        "The picture is looked at in \(Format.counted(layout.tileCount, "tile")) instead of "
          + "\(wanted.tileCount): \(wanted.count) rows would leave no room for the question in the "
          + "context of \(model.configuration.text.context) positions."))
  }

  /// Looks at the next picture in no more than so many squares; nil: in as many as the model wants.
  func setTiles(_ tiles: Int?) { options.tiles = tiles }

  /// Reports the progress of a long step, and stops the step when the observer asks for that.
  private func report(
    _ stage: EngineStage, done: Int, total: Int, to observer: any AnswerObserver
  ) throws {
    observer.receive(.progress(stage, done: done, total: total))
    if observer.isCancelled { throw ModelError.cancelled }
  }

  private func answer(
    from promptLogits: [Float], start: ContinuousClock.Instant, observer: any AnswerObserver
  ) throws -> AnswerStatistics {
    let firstToken = ContinuousClock().now - start
    let added = promptEnd?.added ?? 0
    observer.receive(.answerStarted(promptTokens: added, timeToFirstToken: firstToken))
    observer.receive(.cache(snapshot))
    var running = RunningAnswer(options.sampling, tokenizer: model.tokenizer, stops: stops)
    // The next prompt repeats what was generated, also when an error ended it.
    defer { conversation.turns[conversation.turns.count - 1].answer = .tokens(running.tokens) }
    let finish = try decode(&running, from: promptLogits, observer: observer)
    let rest = running.finish()
    if !rest.isEmpty {
      observer.receive(.token(text: rest, tokensPerSecond: running.tokensPerSecond))
    }
    return AnswerStatistics(
      promptTokens: added, imageTokens: image?.count ?? 0, generatedTokens: running.tokens.count,
      timeToFirstToken: firstToken, decodeTokensPerSecond: running.tokensPerSecond, finish: finish)
  }

  /// Generates until something ends the answer.
  private func decode(
    _ running: inout RunningAnswer, from promptLogits: [Float], observer: any AnswerObserver
  ) throws -> FinishReason {
    var logits = promptLogits
    let twin = try options.hasTwin ? twin(promptLogits) : nil
    while running.tokens.count < options.sampling.maximumTokens {
      let token = running.choose(logits)
      if model.tokenizer.specials.ends.contains(token) { return .endOfSequence }
      let text = running.append(token)
      observer.receive(.token(text: text, tokensPerSecond: running.tokensPerSecond))
      if let twin { observer.receive(.quality(twin.quality(of: logits))) }
      observer.betweenTokens()
      options.pace.map { running.wait(for: $0, observer) }
      if running.isStopped { return .stopString }
      if observer.isCancelled { return .cancelled }
      do { logits = try feed(token, beside: twin) } catch ModelError.contextFull {
        return .contextFull
      }
      observer.receive(.cache(snapshot))
    }
    return .maximumTokens
  }

  /// Decodes one token. As soon as the cache has it, it counts as seen, whatever fails afterwards.
  ///
  /// - Returns: logits of the next token, `[vocabulary]`.
  private func feed(_ token: Int, beside twin: FullCacheTwin?) throws -> [Float] {
    let before = session.cache.seen
    defer { if session.cache.seen > before { cached.append(.token(token)) } }
    return try twin?.decode(token, beside: session) ?? session.decode(token)
  }

  /// A twin at the prompt's end. It is exact as long as no earlier answer was written over a cache
  /// that had lost entries.
  private func twin(_ promptLogits: [Float]) throws -> FullCacheTwin {
    let firstAnswer = session.cache.segments.firstIndex(of: .assistant)
    let isLater = conversation.turns.count > 1 && session.cache.bytesSpilled > 0
    return try FullCacheTwin(
      of: session, promptLogits: promptLogits, approximateFrom: isLater ? firstAnswer : nil)
  }
}
