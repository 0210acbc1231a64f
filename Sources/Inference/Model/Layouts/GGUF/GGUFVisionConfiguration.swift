extension VisionConfiguration {
  /// Reads the `clip.*` keys of a vision file.
  ///
  /// Such files leave out the blocks after the feature layer, so all stored blocks are run unless
  /// `clip.vision.feature_layer` says otherwise.
  init(gguf file: GGUFFile) throws(WeightError) {
    try Self.refuse(file)
    let tower = try Towers.tower(gguf: file)
    self.tower = tower
    for key in tower.otherActivationsInGGUF {
      guard try !file.boolean(key, default: false) else {
        throw file.unsupported(key, "is true; \(tower.name) uses '\(tower.activation.rawValue)'")
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
    epsilon = Float(
      try file.number(
        "clip.vision.attention.layer_norm_epsilon", default: tower.defaults.epsilon,
        in: SizeLimit.epsilon))
    let stored = try file.integer("clip.vision.block_count", in: SizeLimit.layers)
    featureLayers = try Self.featureLayers(file, of: stored)
    mean = try Self.channels(
      file, "clip.vision.image_mean", in: ImageNumbers.mean, or: tower.mean,
      expected: ImageNumbers.expectedMean)
    std = try Self.channels(
      file, "clip.vision.image_std", in: ImageNumbers.std, or: tower.std,
      expected: ImageNumbers.expectedStd)
  }

  private static func refuse(_ file: GGUFFile) throws(WeightError) {
    for key in ["clip.projector_type", "clip.vision.projector_type"] {
      let projector = try file.text(key)
      guard ["", "mlp"].contains(projector) else {
        throw file.unknown(key, projector, available: ["mlp"])
      }
    }
    try file.refuse(UnsupportedKey.ofGGUFTowers, below: "clip.")
  }

  private static func featureLayers(
    _ file: GGUFFile, of stored: Int
  ) throws(WeightError) -> [Int] {
    guard let given = try file.numbers("clip.vision.feature_layer") else { return [stored] }
    let layers = given.prefix(SizeLimit.featureLayers.upperBound + 1).compactMap {
      Int(exactly: $0)
    }
    guard layers.count == given.count, SizeLimit.featureLayers ~= layers.count,
      layers.allSatisfy((0...stored).contains)
    else {
      throw file.unsupported(
        "clip.vision.feature_layer",
        "is \(Array(given.prefix(8))); up to \(SizeLimit.featureLayers.upperBound) layers from 0 to "
          + "\(stored) are available")
    }
    return layers
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
