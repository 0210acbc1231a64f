/// Which vision tower a model has, and the sizes of the blocks that are run.
public struct VisionConfiguration: Sendable, Equatable {
  /// Its architecture.
  public var tower: TowerArchitecture
  /// Values of a row between the blocks.
  public var width: Int
  /// Attention heads, a divisor of the width.
  public var heads: Int
  /// Values of a row inside a block's feed-forward layer.
  public var feedForward: Int
  /// Side of the square input image in pixels.
  public var imageSide: Int
  /// Side of a square patch in pixels.
  public var patch: Int
  /// The hidden states that make up a feature, side by side: 0 is the input of the first block, `i`
  /// the output of block `i`, counted from 1. LLaVA-1.5 takes the output of the last block but one.
  public var featureLayers: [Int]
  /// Whether the class row is a feature, too, in front of the patches.
  public var keepsClassRow = false
  /// The epsilon that the layer norms add to the variance.
  public var epsilon: Float
  /// `[3]`, in RGB order: samples in [0, 1] become `(x - mean) / std`.
  public var mean: [Float]
  /// `[3]`: the deviations, in the same order.
  public var std: [Float]

  /// Blocks to run: those up to the deepest feature layer.
  public var layers: Int { featureLayers.max() ?? 0 }
  /// Values of a feature.
  public var featureWidth: Int { width * featureLayers.count }
  /// Values of a row that one head sees.
  public var headDim: Int { width / heads }
  /// Patches along each side of a square. Pixels beyond the last whole patch are not seen.
  public var patchesPerSide: Int { imageSide / patch }
  /// Patches of one square.
  public var patches: Int { patchesPerSide * patchesPerSide }
  /// Features of one square, and so its rows in the prompt.
  public var features: Int { patches + (keepsClassRow ? tower.rowsBeforePatches : 0) }
  /// Rows that go through the blocks: the patches and, where the tower has one, the class row.
  var positions: Int { tower.rowsBeforePatches + patches }
}

extension VisionConfiguration {
  /// Reads the tower's section of a `config.json`.
  ///
  /// - Parameters:
  ///   - featureLayers: indices into the hidden states (0: embeddings, -1: last block's output).
  ///   - processor: the section that says how pictures are prepared for the tower; nil without one.
  /// - Throws: `WeightError` naming the key when a size is impossible, or when a key asks for an
  ///   arithmetic that the forward pass does not have.
  init(
    _ section: ConfigurationFile, tower: TowerArchitecture, featureLayers: [Int],
    processor: ConfigurationFile?
  ) throws(WeightError) {
    let defaults = tower.defaults
    self.tower = tower
    let activation = tower.activation.rawValue
    try section.require("hidden_act", isOneOf: [activation], default: activation)
    width = try section.integer("hidden_size", default: defaults.width, in: SizeLimit.width)
    let blocks = try section.integer(
      "num_hidden_layers", default: defaults.layers, in: SizeLimit.layers)
    self.featureLayers = featureLayers.map { $0 < 0 ? blocks + 1 + $0 : $0 }
    for (layer, given) in zip(self.featureLayers, featureLayers) where !(0...blocks ~= layer) {
      throw section.unsupported(
        "num_hidden_layers", "is \(blocks), but features are taken from layer \(given)")
    }
    heads = try section.integer("num_attention_heads", default: defaults.heads, in: SizeLimit.heads)
    guard width % heads == 0 else {
      throw section.invalid("num_attention_heads", expected: "a divisor of the width \(width)")
    }
    feedForward = try section.integer(
      "intermediate_size", default: defaults.feedForward, in: SizeLimit.feedForward)
    imageSide = try section.integer(
      "image_size", default: defaults.imageSide, in: SizeLimit.imageSide)
    patch = try section.integer("patch_size", default: defaults.patch, in: 1...imageSide)
    epsilon = Float(
      try section.number("layer_norm_eps", default: defaults.epsilon, in: SizeLimit.epsilon))
    try section.refuse(UnsupportedKey.ofTowers)
    (mean, std) = try Self.normalisation(of: processor, tower: tower)
    try processor?.verifyProcessor(side: imageSide)
  }

  private static func normalisation(
    of processor: ConfigurationFile?, tower: TowerArchitecture
  ) throws(WeightError) -> (mean: [Float], std: [Float]) {
    guard let processor else { return (tower.mean, tower.std) }
    let mean = try processor.numbers("image_mean", count: 3)
    guard mean?.allSatisfy(ImageNumbers.mean.contains) ?? true else {
      throw processor.invalid("image_mean", expected: ImageNumbers.expectedMean)
    }
    let std = try processor.numbers("image_std", count: 3)
    guard std?.allSatisfy(ImageNumbers.std.contains) ?? true else {
      throw processor.invalid("image_std", expected: ImageNumbers.expectedStd)
    }
    return (mean?.map { Float($0) } ?? tower.mean, std?.map { Float($0) } ?? tower.std)
  }
}

/// The means and deviations that an image processor may have, for pixels in [0, 1].
enum ImageNumbers {
  static let mean = -100.0...100.0
  static let std = 1e-4...1e4
  static let expectedMean = "three numbers from -100 to 100"
  static let expectedStd = "three numbers from 0.0001 to 10000"
}
