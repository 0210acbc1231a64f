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

  /// The picture's rows, and the tiles they were made from.
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
    image = try model.embed(pixels, route: options.route, keepingTiles: true)
    let prompt = Conversation(
      template: options.template,
      turns: [Turn(question, image: options.placement)]
    ).prompt(model.tokenizer)
    ids = prompt.tokens.map { token in
      if case .token(let id) = token { id } else { -200 }
    }

    let session = try model.session(
      SessionOptions(
        policy: options.policy, cachePrecision: options.cachePrecision,
        positionRule: options.positionRule))
    logits = try session.prefill(prompt, image: image).logits
    _ = try session.set(budget: options.budget)
    let (cache, retention) = (session.cache, session.retention)
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
    for tile in image.tiles {
      let (pixels, features) = (tile.pixelValues, tile.features)
      file.add("pixel_values", pixels.values, shape: [3, pixels.side, pixels.side])
      file.add("features", features.values, shape: [features.patches, features.width])
    }
    file.add("projected", image.values, shape: [image.count, image.width])
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
