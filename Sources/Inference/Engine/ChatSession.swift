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
  var template: Template
  /// Texts at which an answer ends.
  var stops: [String] {
    [template.stopString].compactMap(\.self) + model.checkpoint.stopTexts
  }
  var picture: Picture?
  var conversation: Conversation
  /// What the cache has seen, token by token; the next prompt begins with it.
  var cached: [PromptToken] = []
  /// The last prompt's end, from where `regenerate` and `compare` start; nil when its answer was taken back.
  var promptEnd: PromptEnd?
  /// Columns of the last comparison, until something else is asked.
  var compared: [Comparison.Column] = []
  /// Whether policy or budget have changed since a twin last scored what there was.
  var scoresAreDue = false
  var pace: PrefillPace
  var lookAheadPace = LookAheadPace()
  /// One for each turn.
  var asked: [AskedQuestion] = []

  /// The note of a reconfiguration that was told last.
  private var toldNote: String?

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
  static func session(
    _ model: LlavaModel, _ options: ChatOptions, reach: Int? = nil
  ) throws -> InferenceSession {
    var wanted = SessionOptions(
      policy: options.policy, cachePrecision: options.cachePrecision,
      positionRule: options.positionRule, recording: options.recording, spills: true, reach: reach)
    wanted.recalls = options.recalls
    return try model.session(wanted)
  }

  /// What the cache holds right now.
  public var snapshot: CacheSnapshot { session.retention.snapshot }

  /// The cache's entries right now; nil when nothing of them is wanted.
  public func entries(_ watch: CacheWatch) -> CacheEntries? { session.retention.entries(watch) }

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

  /// Changes the budget, also between two tokens.
  ///
  /// - Throws: `BudgetError` for a budget out of range, `CacheError` when the spill file fails.
  @discardableResult
  public func setBudget(_ request: BudgetRequest) throws -> ReconfigurationReport {
    let report = try session.set(budget: request)
    options.budget = request
    scoresAreDue = true
    return report
  }

  /// Changes the policy, also between two tokens.
  ///
  /// - Throws: `CacheError` when the spill file fails, and what the policy throws.
  @discardableResult
  public func setPolicy(_ policy: any RetentionPolicy) throws -> ReconfigurationReport {
    let report = try session.retention.set(policy: policy)
    options.policy = policy
    scoresAreDue = true
    return report
  }

  /// A report as an observer is told it: a note that still holds is not told again.
  func news(_ report: ReconfigurationReport) -> ReconfigurationReport {
    var news = report
    if report.note == toldNote { news.note = nil }
    toldNote = report.note
    return news
  }

  /// Chooses the tokens of the next answers like this.
  public func setSampling(_ sampling: SamplingOptions) { options.sampling = sampling }

  /// Lets later questions see evicted entries, or no longer.
  public func setRecall(_ isOn: Bool) {
    options.recalls = isOn
    session.retention.set(recall: isOn)
  }
}
