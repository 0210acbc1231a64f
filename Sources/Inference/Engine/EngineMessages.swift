import KVCache

/// What the screen (or a test) asks of the engine. Commands act between two tokens, two prefill
/// chunks or two vision blocks.
public enum EngineCommand: Sendable, Equatable {
  /// What `ModelLocator` finds: a folder, a file, or a name in a store; nil means the bundled model.
  case loadModel(String?)
  /// Lists the models on this machine; answered at any time, also while something else runs.
  case listModels
  case loadImage(path: String)
  case ask(String)
  /// Answers the last question again; the prompt is not prefilled again.
  case regenerate
  /// Forgets the conversation; keeps model and image.
  case clear
  case setBudget(BudgetRequest)
  case setPolicy(String)
  /// Stops the running answer; what was generated stays.
  case cancel
  case shutdown
}

/// A long-running step whose progress is shown.
public enum EngineStage: String, Sendable, Equatable {
  case loading, vision, prefill
}

/// Why an answer ended.
public enum FinishReason: String, Sendable, Equatable {
  case endOfSequence, stopString, maximumTokens, contextFull, cancelled
}

/// What the engine tells of a model that was loaded.
public struct ModelSummary: Sendable, Equatable {
  /// As shown to users: the last part of the path.
  public var name: String
  /// Where it was loaded from.
  public var path: String
  /// For example "F16" or "Q4_0".
  public var weightType: String
  /// Decoder layers.
  public var layers: Int
  /// Weights in all.
  public var parameters: Int
  /// Bytes of all weights as they are held in memory.
  public var weightBytes: Int
  /// Positions the model was trained for.
  public var context: Int
  /// Positions that a square picture takes.
  public var imageTokens: Int
  /// A sentence when the model is not what a user would expect (the bundled one, for example).
  public var warning: String?

  package init(
    name: String, path: String, weightType: String, layers: Int, parameters: Int, weightBytes: Int,
    context: Int, imageTokens: Int, warning: String?
  ) {
    self.name = name
    self.path = path
    self.weightType = weightType
    self.layers = layers
    self.parameters = parameters
    self.weightBytes = weightBytes
    self.context = context
    self.imageTokens = imageTokens
    self.warning = warning
  }
}

/// Measured times of one answer.
public struct AnswerStatistics: Sendable, Equatable {
  /// Positions that the question added to the cache, the picture's included.
  public var promptTokens: Int
  /// Positions of the picture.
  public var imageTokens: Int
  /// Tokens of the answer.
  public var generatedTokens: Int
  /// From the question to its first token, without encoding the picture.
  public var timeToFirstToken: Duration
  /// Mean over the answer.
  public var decodeTokensPerSecond: Double
  /// Why the answer ended.
  public var finish: FinishReason

  package init(
    promptTokens: Int, imageTokens: Int, generatedTokens: Int, timeToFirstToken: Duration,
    decodeTokensPerSecond: Double, finish: FinishReason
  ) {
    self.promptTokens = promptTokens
    self.imageTokens = imageTokens
    self.generatedTokens = generatedTokens
    self.timeToFirstToken = timeToFirstToken
    self.decodeTokensPerSecond = decodeTokensPerSecond
    self.finish = finish
  }
}

/// What happened in the engine, in order.
public enum EngineEvent: Sendable, Equatable {
  case progress(EngineStage, done: Int, total: Int)
  case modelLoaded(ModelSummary)
  /// The answer to `listModels`.
  case models(ModelCatalogue)
  /// The picture is decoded. With a model it is now encoded; so is the last picture after
  /// `modelLoaded`. The end of that is `cleared`, or `loadFailed`.
  case imageLoaded(path: String, Pixels)
  /// A model or a picture could not be loaded, or loading it was stopped; what was there before
  /// stays.
  case loadFailed(LoadFailure)
  /// The prompt is prefilled; the first token follows.
  case answerStarted(promptTokens: Int, timeToFirstToken: Duration)
  /// New text of the running answer: whole characters only; may be empty while bytes are pending.
  case token(text: String, tokensPerSecond: Double)
  case answerFinished(AnswerStatistics)
  /// The answer was stopped before its first token; the conversation is as it was before.
  case stopped
  /// After each token, each prefill and each reconfiguration.
  case cache(CacheSnapshot)
  case reconfigured(ReconfigurationReport)
  /// A new conversation begins, with the picture that was loaded last.
  case cleared
  /// A complete sentence for the user. The engine stays usable.
  case failed(String)
}
