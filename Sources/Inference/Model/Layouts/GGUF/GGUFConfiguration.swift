extension TextConfiguration {
  /// Reads the keys of a text model, which begin with its architecture's name.
  ///
  /// - Throws: `WeightError` naming the key when a size is impossible, or when a key asks for an
  ///   arithmetic that the forward pass does not have.
  init(gguf file: GGUFFile) throws(WeightError) {
    let decoder = try Decoders.decoder(gguf: file)
    let prefix = decoder.ggufArchitecture + "."
    let defaults = decoder.defaults
    self.decoder = decoder
    width = try file.integer(prefix + "embedding_length", in: SizeLimit.width)
    layers = try file.integer(prefix + "block_count", in: SizeLimit.layers)
    heads = try file.integer(prefix + "attention.head_count", in: SizeLimit.heads)
    kvHeads = try file.integer(
      prefix + "attention.head_count_kv", default: heads, in: 1...heads)
    guard heads % kvHeads == 0 else {
      throw file.invalid(
        prefix + "attention.head_count_kv", expected: "a divisor of the \(heads) heads")
    }
    headDim = try Self.headDim(file, prefix, width: width, heads: heads)
    feedForward = try file.integer(prefix + "feed_forward_length", in: SizeLimit.feedForward)
    let embedding = file.tensors.first { $0.name == decoder.embedding.gguf }
    vocabulary = try file.integer(
      prefix + "vocab_size", default: embedding?.shape.first, in: SizeLimit.vocabulary)
    epsilon = Float(
      try file.number(
        prefix + "attention.layer_norm_rms_epsilon", default: 1e-5, in: SizeLimit.epsilon))
    context = try file.integer(
      prefix + "context_length", default: defaults.context, in: SizeLimit.context)
    rotary = try RotaryConfiguration(
      gguf: file, prefix, base: defaults.ropeBase, headDim: headDim, context: context,
      order: decoder.ggufRows)
    windows = try Self.windows(gguf: file, prefix, layers: layers, context: context)
    // A tied head is not stored; no key announces it.
    headIsTied = !file.tensors.contains { $0.name == decoder.head.gguf }
    try file.refuse(UnsupportedKey.ofGGUFDecoders, below: prefix)
  }

  /// The head size: a key of its own, or the width's share.
  private static func headDim(
    _ file: GGUFFile, _ prefix: String, width: Int, heads: Int
  ) throws(WeightError) -> Int {
    let key = prefix + "attention.key_length"
    if !file.has(key), width % heads != 0 {
      throw file.invalid(
        prefix + "attention.head_count", expected: "a divisor of the width \(width)")
    }
    let size = try file.integer(key, default: max(2, width / heads), in: SizeLimit.headDim)
    guard size % 2 == 0 else {
      throw file.invalid(
        prefix + "attention.head_count", expected: "heads of an even size, not \(size)")
    }
    let values = prefix + "attention.value_length"
    guard try file.integer(values, default: size, in: 1...SizeLimit.width.upperBound) == size else {
      throw file.invalid(values, expected: "the head size \(size)")
    }
    return size
  }
}

extension VisionConfiguration {
  /// Reads the `clip.*` keys of a vision file.
  ///
  /// Such files leave out the blocks behind the features, so all stored blocks are run unless
  /// `clip.vision.feature_layer` says otherwise.
  init(gguf file: GGUFFile) throws(WeightError) {
    try Self.refuse(file)
    let tower = try Towers.tower(gguf: file)
    self.tower = tower
    for key in tower.otherActivationsInGGUF {
      guard try !file.boolean(key, default: false) else {
        throw file.unsupported(key, "is true; \(tower.name) uses '\(tower.activation)'")
      }
    }
    width = try file.integer("clip.vision.embedding_length", in: SizeLimit.width)
    heads = try file.integer("clip.vision.attention.head_count", in: SizeLimit.heads)
    guard width % heads == 0 else {
      throw file.invalid(
        "clip.vision.attention.head_count", expected: "a divisor of the width \(width)")
    }
    feedForward = try file.integer("clip.vision.feed_forward_length", in: SizeLimit.feedForward)
    imageSide = try file.integer("clip.vision.image_size", in: SizeLimit.imageSide)
    patch = try file.integer("clip.vision.patch_size", in: 1...imageSide)
    guard imageSide % patch == 0 else {
      throw file.invalid(
        "clip.vision.patch_size", expected: "a divisor of the image side \(imageSide)")
    }
    epsilon = Float(
      try file.number(
        "clip.vision.attention.layer_norm_epsilon", default: tower.defaults.epsilon,
        in: SizeLimit.epsilon))
    let stored = try file.integer("clip.vision.block_count", in: SizeLimit.layers)
    layers = try Self.featureLayer(file, of: stored)
    mean = try Self.channels(
      file, "clip.vision.image_mean", in: ImageNumbers.mean, or: tower.mean,
      expected: ImageNumbers.expectedMean)
    std = try Self.channels(
      file, "clip.vision.image_std", in: ImageNumbers.std, or: tower.std,
      expected: ImageNumbers.expectedStd)
  }

  private static func refuse(_ file: GGUFFile) throws(WeightError) {
    let projector = try file.text("clip.projector_type")
    guard ["", "mlp"].contains(projector) else {
      throw file.unknown("clip.projector_type", projector, available: ["mlp"])
    }
    let advice =
      "only LLaVA-1.5's one square picture is implemented (this is LLaVA-1.6 or later)"
    for (key, known) in [("image_aspect_ratio", "pad"), ("mm_patch_merge_type", "flat")] {
      let value = try file.text("clip.vision." + key)
      guard ["", known].contains(value) else {
        throw file.unsupported("clip.vision." + key, "is '\(value)'; \(advice)")
      }
    }
    if file.has("clip.vision.image_grid_pinpoints") {
      throw file.unsupported("clip.vision.image_grid_pinpoints", "asks for tiles; \(advice)")
    }
    if file.tensors.contains(where: { $0.name == "model.image_newline" }) {
      throw file.unsupported("model.image_newline", "is a tensor of models with tiles; \(advice)")
    }
  }

  private static func featureLayer(
    _ file: GGUFFile, of stored: Int
  ) throws(WeightError) -> Int {
    guard let features = try file.numbers("clip.vision.feature_layer") else { return stored }
    guard features.count == 1, let layer = Int(exactly: features[0]), 1...stored ~= layer else {
      throw file.unsupported(
        "clip.vision.feature_layer",
        "is \(Array(features.prefix(8))); one layer from 1 to \(stored) is available")
    }
    return layer
  }

  private static func channels(
    _ file: GGUFFile, _ key: String, in range: ClosedRange<Double>, or fallback: [Float],
    expected: String
  ) throws(WeightError) -> [Float] {
    guard let values = try file.numbers(key) else { return fallback }
    guard values.count == 3, values.allSatisfy(range.contains) else {
      throw file.invalid(key, expected: expected)
    }
    return values.map { Float($0) }
  }
}
