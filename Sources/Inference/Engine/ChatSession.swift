import Foundation
import KVCache

/// Everything a conversation needs to know besides the model.
public struct ChatOptions: Sendable {
  public var policy: any RetentionPolicy
  public var budget: BudgetRequest
  /// nil takes the one that fits the checkpoint's layout.
  public var template: Template?
  public var imageRoute: ImageRoute
  public var cachePrecision: CachePrecision
  public var positionRule: PositionRule
  public var sampling: SamplingOptions

  public init(
    policy: any RetentionPolicy, budget: BudgetRequest = .share(1), template: Template? = nil,
    imageRoute: ImageRoute = .pad, cachePrecision: CachePrecision = .f16,
    positionRule: PositionRule = .true, sampling: SamplingOptions = SamplingOptions()
  ) {
    self.policy = policy
    self.budget = budget
    self.template = template
    self.imageRoute = imageRoute
    self.cachePrecision = cachePrecision
    self.positionRule = positionRule
    self.sampling = sampling
  }
}

/// Who watches an answer being made.
public protocol AnswerObserver: AnyObject {
  /// Asked between two layers and two tokens; true stops.
  var isCancelled: Bool { get }
  /// Between two tokens: the moment to change budget or policy.
  func betweenTokens()
  func receive(_ event: EngineEvent)
}

/// A conversation about one picture: turns, the sequence they make, and the answer to each.
///
/// Turn n + 1 continues the positions of turn n, so a follow-up prefills only what is new, and
/// asking again prefills nothing.
public final class ChatSession {
  public let model: LlavaModel
  public private(set) var options: ChatOptions
  private var session: InferenceSession
  private let template: Template
  private var image: ImageEmbedding?
  private var conversation: Conversation
  /// What the cache has seen, token by token; the next prompt begins with it.
  private var cached: [PromptToken] = []
  /// The last prompt's end, from where `regenerate` starts.
  private var promptEnd: PromptEnd?

  private struct PromptEnd {
    /// Positions seen, the picture's included.
    let seen: Int
    /// `[vocabulary]`
    let logits: [Float]
    /// Tokens of `cached` then.
    let cached: Int
    /// Positions that this turn's prefill added.
    let added: Int
  }

  public init(model: LlavaModel, options: ChatOptions) throws {
    self.model = model
    self.options = options
    template = options.template ?? model.checkpoint.template
    conversation = Conversation(template: template)
    session = try Self.session(model, options)
    try setBudget(options.budget)
  }

  private static func session(_ model: LlavaModel, _ options: ChatOptions) throws
    -> InferenceSession
  {
    try model.session(
      SessionOptions(
        policy: options.policy, cachePrecision: options.cachePrecision,
        positionRule: options.positionRule, spills: true))
  }

  public var snapshot: CacheSnapshot { session.retention.snapshot }

  /// Starts a new conversation about another picture (nil: about none).
  public func begin(image: ImageEmbedding?) throws {
    self.image = image
    try clear()
  }

  /// Forgets all turns; the picture stays.
  public func clear() throws {
    session = try Self.session(model, options)
    try setBudget(options.budget)
    conversation = Conversation(template: template)
    cached = []
    promptEnd = nil
  }

  // MARK: Budget and policy

  @discardableResult
  public func setBudget(_ request: BudgetRequest) throws -> ReconfigurationReport {
    let report = try session.set(budget: request)
    options.budget = request
    return report
  }

  @discardableResult
  public func setPolicy(_ policy: any RetentionPolicy) throws -> ReconfigurationReport {
    options.policy = policy
    return try session.retention.set(policy: policy)
  }

  // MARK: Answers

  /// Answers a question; the transcript then holds both.
  ///
  /// When it throws or is stopped before the first token, the conversation is as it was before.
  public func ask(_ question: String, observer: any AnswerObserver) throws -> AnswerStatistics {
    let clock = ContinuousClock()
    let start = clock.now
    let placement: ImagePlacement? =
      image != nil && conversation.turns.isEmpty ? .first : nil
    var asked = conversation
    asked.turns.append(Turn(question, image: placement))
    let prompt = asked.prompt(model.tokenizer)
    let new = prompt.suffix(from: cached.count)
    let before = session.cache.seen
    let (logits, report) = try session.prefill(new, image: image) { done, total in
      observer.receive(.progress(.prefill, done: done, total: total))
      if observer.isCancelled { throw ModelError.cancelled }
    }
    conversation = asked
    cached = prompt.tokens
    // A budget in entries or bytes is another share now that more was seen.
    if case .share = options.budget {} else { try setBudget(options.budget) }
    promptEnd = PromptEnd(
      seen: session.cache.seen, logits: logits, cached: cached.count,
      added: session.cache.seen - before)
    observer.receive(.reconfigured(report))
    return try answer(from: logits, start: start, observer: observer)
  }

  /// Answers the last question once more. The prompt's cache and logits are still there, so
  /// nothing is prefilled.
  ///
  /// - Throws: `ChatError.nothingToRegenerate` before the first question.
  public func regenerate(observer: any AnswerObserver) throws -> AnswerStatistics {
    guard let promptEnd else { throw ChatError.nothingToRegenerate }
    let start = ContinuousClock().now
    try session.retention.truncate(to: promptEnd.seen)
    cached.removeSubrange(promptEnd.cached...)
    options.sampling.seed &+= 1
    return try answer(from: promptEnd.logits, start: start, observer: observer)
  }

  private func answer(
    from promptLogits: [Float], start: ContinuousClock.Instant, observer: any AnswerObserver
  ) throws -> AnswerStatistics {
    let clock = ContinuousClock()
    var sampler = Sampler(options.sampling)
    var text = AnswerText(model.tokenizer, stopString: template.stopString)
    var logits = promptLogits
    var tokens: [Int] = []
    let firstToken = clock.now - start
    let added = promptEnd?.added ?? 0
    observer.receive(.answerStarted(promptTokens: added, timeToFirstToken: firstToken))
    observer.receive(.cache(snapshot))
    let decoding = clock.now
    func tokensPerSecond() -> Double {
      Double(tokens.count) / max((clock.now - decoding) / .seconds(1), 1e-9)
    }

    var finish = FinishReason.maximumTokens
    while tokens.count < options.sampling.maximumTokens {
      let token = sampler.next(logits)
      if model.tokenizer.specials.ends.contains(token) {
        finish = .endOfSequence
        break
      }
      tokens.append(token)
      observer.receive(.token(text: text.append(token), tokensPerSecond: tokensPerSecond()))
      observer.betweenTokens()
      if text.isStopped {
        finish = .stopString
        break
      }
      if observer.isCancelled {
        finish = .cancelled
        break
      }
      do {
        logits = try session.decode(token)
      } catch ModelError.contextFull {
        finish = .contextFull
        break
      }
      cached.append(.token(token))
      observer.receive(.cache(snapshot))
    }
    let rest = text.finish()
    if !rest.isEmpty { observer.receive(.token(text: rest, tokensPerSecond: tokensPerSecond())) }
    conversation.turns[conversation.turns.count - 1].answer = .tokens(tokens)
    return AnswerStatistics(
      promptTokens: added, imageTokens: image?.count ?? 0,
      generatedTokens: tokens.count, timeToFirstToken: firstToken,
      decodeTokensPerSecond: tokensPerSecond(), finish: finish)
  }
}

/// What a conversation refuses to do.
public enum ChatError: Error, Equatable, CustomStringConvertible {
  case nothingToRegenerate
  case noModel

  public var description: String {
    switch self {
    case .nothingToRegenerate: "There is no answer to repeat yet. Ask a question first."
    case .noModel: "No model is loaded. Load one with /model PATH, or start with --model PATH."
    }
  }
}
