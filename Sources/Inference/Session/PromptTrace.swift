import KVCache

/// Every intermediate value of one prompt and its continuation, for comparison with references.
public struct PromptTrace {
  public enum Continuation: Sendable, Equatable {
    case answer(String)
    case greedy(Int)
  }

  public struct Options: Sendable {
    public var template: Template
    public var route: ImageRoute
    public var placement: ImagePlacement
    public var policy: any RetentionPolicy
    public var budget: BudgetRequest
    public var positionRule: PositionRule
    public var cachePrecision: CachePrecision
    public var continuation: Continuation

    public init(
      template: Template, route: ImageRoute = .pad, placement: ImagePlacement = .first,
      policy: any RetentionPolicy, budget: BudgetRequest, positionRule: PositionRule = .true,
      cachePrecision: CachePrecision = .f32, continuation: Continuation
    ) {
      self.template = template
      self.route = route
      self.placement = placement
      self.policy = policy
      self.budget = budget
      self.positionRule = positionRule
      self.cachePrecision = cachePrecision
      self.continuation = continuation
    }
  }

  /// `[3, side, side]`
  public let pixelValues: PixelValues
  public let image: ImageEmbedding
  /// Token ids of the prompt; -200 stands for the picture.
  public let ids: [Int]
  /// `[layers][L]`
  public let scores: [[Float]]
  /// `[vocabulary]`, last prompt position.
  public let logits: [Float]
  /// Prompt indices each layer keeps. `[layers]`
  public let kept: [[Int]]
  public let threshold: Double?
  /// One for each answer token; empty for a greedy continuation.
  public let negativeLogLikelihoods: [Double]
  /// Greedy tokens; empty when an answer was scored.
  public let greedy: [Int]
  /// Entries of each layer at the end. `[layers]`
  public let finalLengths: [Int]

  public init(
    model: LlavaModel, pixels: Pixels, question: String, options: Options
  ) throws {
    pixelValues = ImagePreprocessor(model.configuration.vision)
      .prepare(pixels, route: options.route)
    image = try model.encode(pixelValues)
    let prompt = Conversation(
      template: options.template,
      turns: [Turn(question, image: options.placement)]
    ).prompt(model.tokenizer)
    ids = prompt.tokens.map { token in
      if case .token(let id) = token { id } else { -200 }
    }

    let cache = KeyValueCache(shape: try model.cacheShape(options.cachePrecision), spill: false)
    let retention = RetentionController(cache: cache, policy: options.policy, budget: .full)
    let session = InferenceSession(
      model: model, retention: retention, positionRule: options.positionRule)
    let seen = prompt.tokens.reduce(0) { $0 + ($1 == .image ? model.imageTokens : 1) }
    let budget = try options.budget.resolved(
      seen: seen, bytesPerEntry: cache.shape.bytesPerEntry, layers: cache.shape.layers)
    _ = try retention.set(budget: budget)
    logits = try session.prefill(prompt, image: image).logits
    scores = retention.importance.rows
    kept = (0..<cache.shape.layers).map { cache.positions($0).map(Int.init) }
    threshold = retention.snapshot.threshold

    switch options.continuation {
    case .answer(let text):
      negativeLogLikelihoods = try session.negativeLogLikelihoods(
        of: model.tokenizer.encode(text), after: logits)
      greedy = []
    case .greedy(let steps):
      negativeLogLikelihoods = []
      greedy = try session.greedy(steps: steps, after: logits)
    }
    finalLengths = (0..<cache.shape.layers).map(cache.length)
  }

  /// The names an examiner looks for; see `prefixkv trace --help`.
  public func file() -> SafetensorsWriter {
    var file = SafetensorsWriter()
    let features = image.features
    file.add(
      "pixel_values", pixelValues.values, shape: [3, pixelValues.side, pixelValues.side])
    file.add("features", features.values, shape: [features.patches, features.width])
    file.add(
      "projected", image.rows, shape: [features.patches, image.rows.count / features.patches])
    file.add("ids", ids, shape: [ids.count])
    file.add("scores", scores.flatMap(\.self), shape: [scores.count, scores.first?.count ?? 0])
    file.add("logits", logits, shape: [logits.count])
    file.add("kept_len", kept.map(\.count), shape: [kept.count])
    for (layer, indices) in kept.enumerated() {
      file.add("kept.\(layer)", indices, shape: [indices.count])
    }
    if let threshold { file.add("threshold", [threshold], shape: [1]) }
    file.add("nll", negativeLogLikelihoods, shape: [negativeLogLikelihoods.count])
    file.add("greedy", greedy, shape: [greedy.count])
    file.add("final_len", finalLengths, shape: [finalLengths.count])
    return file
  }
}
