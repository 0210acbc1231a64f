import KVCache

/// Everything a conversation needs to know besides the model.
public struct ChatOptions: Sendable {
  /// What chooses the cache entries that stay.
  public var policy: any RetentionPolicy
  /// How much of the cache stays.
  public var budget: BudgetRequest
  /// nil takes the one that the checkpoint's files ask for.
  public var template: Template?
  /// The system sentence in place of the template's own; nil keeps that.
  public var system: String?
  /// How a picture is brought to the tower; nil takes the model's own way.
  public var imageRoute: ImageRoute?
  /// The most squares to cut; nil cuts as many as the model wants.
  public var tiles: Int?
  /// At most so many rows of a picture enter the language model; nil: all.
  public var pictureTokens: PictureTokens?
  /// How the cache stores its entries.
  public var cachePrecision: CachePrecision
  /// Which rotary position a decoded token gets.
  public var positionRule: PositionRule
  /// How tokens are chosen.
  public var sampling: SamplingOptions
  /// What prompts are read with beyond what the policy needs, for policies that may follow.
  public var recording: Set<RetentionNeed> = RetentionNeed.cheap
  /// Whether every question sees the whole conversation, evicted entries included.
  public var recalls = true
  /// The most tokens of an answer a second; nil: as many as can be computed.
  public var pace: Double?
  /// Whether several tokens of an answer are computed in a pass where the text suggests how it goes on.
  /// It changes nothing but the time that an answer takes.
  public var lookAhead = LookAheadSetting.auto
  /// Whether a twin with a full cache scores every token of an answer.
  public var hasTwin = false
  /// Whether it is recorded what each token of an answer attended to.
  public var recordsAttention = false

  /// By default everything is kept, in f16, and the likeliest token is taken.
  public init(
    policy: any RetentionPolicy, budget: BudgetRequest = .share(1), template: Template? = nil,
    system: String? = nil, imageRoute: ImageRoute? = nil, tiles: Int? = nil,
    cachePrecision: CachePrecision = .f16,
    positionRule: PositionRule = .true, sampling: SamplingOptions = SamplingOptions()
  ) {
    self.policy = policy
    self.budget = budget
    self.template = template
    self.system = system
    self.imageRoute = imageRoute
    self.tiles = tiles
    self.cachePrecision = cachePrecision
    self.positionRule = positionRule
    self.sampling = sampling
  }
}
