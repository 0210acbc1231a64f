import KVCache

/// Every intermediate value of one prompt and its continuation, for comparison with references.
public struct PromptTrace {
  /// What follows the prompt.
  public enum Continuation: Sendable, Equatable {
    /// A given answer, which is scored.
    case answer(String)
    /// Greedy decoding of at most this many tokens.
    case greedy(Int)

    /// Positions that it may take.
    fileprivate func positions(_ tokenizer: Tokenizer) -> Int {
      switch self {
      case .answer(let text): tokenizer.encode(text).count
      case .greedy(let steps): max(0, steps)
      }
    }
  }

  /// What the prompt is read with.
  public struct Options: Sendable {
    /// The conversation template.
    public var template: Template
    /// How the picture is cut and scaled for the tower; nil takes the model's own route.
    public var route: ImageRoute?
    /// The most squares to cut; nil cuts as many as the model wants.
    public var tiles: Int?
    /// At most so many rows of the picture enter the language model; nil: all.
    public var pictureTokens: PictureTokens?
    /// Where the picture stands in the question.
    public var placement: ImagePlacement
    /// The policy that chooses which entries are kept.
    public var policy: any RetentionPolicy
    /// How much of the cache is kept.
    public var budget: BudgetRequest
    /// Which rotary position a decoded token gets.
    public var positionRule: PositionRule
    /// How the cache stores its entries.
    public var cachePrecision: CachePrecision
    /// An answer to score, or a number of steps to take.
    public var continuation: Continuation

    /// The defaults are those of `prefixkv trace`.
    public init(
      template: Template, route: ImageRoute? = nil, tiles: Int? = nil,
      placement: ImagePlacement = .first, policy: any RetentionPolicy, budget: BudgetRequest,
      positionRule: PositionRule = .true,
      cachePrecision: CachePrecision = .f32, continuation: Continuation
    ) {
      self.template = template
      self.route = route
      self.tiles = tiles
      self.placement = placement
      self.policy = policy
      self.budget = budget
      self.positionRule = positionRule
      self.cachePrecision = cachePrecision
      self.continuation = continuation
    }
  }

  /// The picture's rows, and the tiles they were made from; nil without a picture.
  public let image: ImageEmbedding?
  /// Whether the model cuts pictures into tiles; arrays of tiles then have a dimension for them.
  private let hasTiles: Bool
  /// Token ids of the prompt; -200 stands for the picture.
  public let ids: [Int]
  /// `[layers][positions]`: importance of each position of the prompt.
  public let scores: [[Float]]
  /// `[vocabulary]`: logits of the prompt's last position.
  public let logits: [Float]
  /// `[layers]`: positions of the prompt that each layer keeps, ascending.
  public let kept: [[Int]]
  /// PrefixKV's threshold in [0, 1]; nil for policies that have none.
  public let threshold: Double?
  /// In nats, one for each answer token; empty for a greedy continuation.
  public let negativeLogLikelihoods: [Double]
  /// Greedy tokens; empty when an answer was scored.
  public let greedy: [Int]
  /// `[layers]`: entries of each layer at the end.
  public let finalLengths: [Int]
  /// The policy's remark about its choice, a sentence; nil without one.
  public let note: String?

  /// Reads a picture, if there is one, and a question, and runs the continuation.
  ///
  /// - Throws: `ModelError.blind` for a picture that the model cannot see, and what
  ///   `InferenceSession.prefill` and `decode` throw.
  public init(
    model: LlavaModel, pixels: Pixels?, question: String, options: Options
  ) throws {
    let prompt = Conversation(
      template: options.template,
      turns: [Turn(question, image: pixels == nil ? nil : options.placement)]
    ).prompt(model.tokenizer)
    ids = prompt.tokens.map { token in
      if case .token(let id) = token { id } else { -200 }
    }
    let picture = try pixels.map { pixels in
      try model.imageRows(of: pixels, route: options.route, tiles: options.tiles)
    }
    let rows = prompt.rows(imageRows: options.pictureTokens.most(of: picture ?? 0))
    let session = try model.session(
      SessionOptions(
        policy: options.policy, cachePrecision: options.cachePrecision,
        positionRule: options.positionRule, recording: [.importance],
        reach: model.reach(
          prompt: rows, answer: options.continuation.positions(model.tokenizer))))
    try model.requireContext(for: rows)
    image = try pixels.map { pixels in
      let whole = try model.embed(
        pixels, route: options.route, tiles: options.tiles, keepingTiles: true)
      return try model.reduced(whole, to: options.pictureTokens, for: question)
    }
    hasTiles = model.configuration.tiling != nil
    logits = try session.prefill(prompt, image: image).logits
    note = try session.set(budget: options.budget).note
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

  /// The trace as named arrays; `prefixkv trace --help` lists the names.
  public func file() -> SafetensorsWriter {
    var file = SafetensorsWriter()
    if let image {
      let tiles = hasTiles ? [image.tiles.count] : []
      let (side, features) = (image.tiles[0].pixelValues.side, image.tiles[0].features)
      file.add(
        "pixel_values", image.tiles.flatMap(\.pixelValues.values), shape: tiles + [3, side, side])
      file.add(
        "features", image.tiles.flatMap(\.features.values),
        shape: tiles + [features.count, features.width])
      file.add("projected", image.values, shape: [image.count, image.width])
      file.add("tiles", [image.tiles.count], shape: [1])
      file.add("image_tokens", [image.count], shape: [1])
    }
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
