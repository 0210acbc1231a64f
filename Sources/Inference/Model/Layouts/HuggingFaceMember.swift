/// A kind of LLaVA model in the Hugging Face layout, by the `model_type` of its configuration: which keys
/// it reads, and what transformers assumes for those that are absent.
///
/// A further kind is one record here and its line in `all`.
struct HuggingFaceMember {
  let modelType: String
  /// The keys that hold the feature layers, the likeliest first.
  let featureLayerKeys: [String]
  let featureLayers: [Int]
  /// `default` drops the class row, `full` keeps every row.
  let selectStrategy: String
  /// Whether the file may name another strategy.
  let readsSelectStrategy: Bool
  /// The value of an absent `projector_layernorm_eps`; nil where the projector has no norm.
  var projectorNormEpsilon: Double?
  /// How pictures are cut into tiles; nil where the model looks at one square.
  var tiles: Tiles?

  struct Tiles {
    /// The value of an absent `image_grid_pinpoints`, pairs of height and width in pixels.
    let pinpoints: [[Int]]
    /// The value of an absent `vision_aspect_ratio`; nil where no such key is read.
    var aspectRatio: String?
  }

  static let all = [llava, llavaNext, llavaOneVision, vipLLaVA]

  /// LLaVA-1.5 and models of the same form: BakLLaVA, llava-llama3, llava-phi3, LLaVA-Interleave.
  ///
  /// Source: `LlavaConfig` in transformers.
  static let llava = HuggingFaceMember(
    modelType: "llava", featureLayerKeys: ["vision_feature_layer"], featureLayers: [-2],
    selectStrategy: "default", readsSelectStrategy: true)

  /// LLaVA-1.6.
  ///
  /// Source: `LlavaNextConfig` in transformers.
  static let llavaNext = HuggingFaceMember(
    modelType: "llava_next", featureLayerKeys: ["vision_feature_layer"], featureLayers: [-2],
    selectStrategy: "default", readsSelectStrategy: true,
    tiles: Tiles(
      pinpoints: [[336, 672], [672, 336], [672, 672], [1008, 336], [336, 1008]]))

  /// LLaVA-OneVision: every canvas of one to six tiles a side.
  ///
  /// Source: `LlavaOnevisionConfig` in transformers.
  static let llavaOneVision = HuggingFaceMember(
    modelType: "llava_onevision", featureLayerKeys: ["vision_feature_layer"], featureLayers: [-1],
    selectStrategy: "full", readsSelectStrategy: true,
    tiles: Tiles(
      pinpoints: (1...6).flatMap { height in (1...6).map { [384 * height, 384 * $0] } },
      aspectRatio: "anyres_max_9"))

  /// ViP-LLaVA: features of five layers side by side, never with the class row, and a norm in front of
  /// the projector.
  ///
  /// Source: `VipLlavaConfig` and `VipLlavaModel.get_image_features` in transformers.
  static let vipLLaVA = HuggingFaceMember(
    modelType: "vipllava", featureLayerKeys: ["vision_feature_layers", "vision_feature_layer"],
    featureLayers: [-2, -5, -8, -11, 6], selectStrategy: "default", readsSelectStrategy: false,
    projectorNormEpsilon: 1e-5)

  /// - Throws: `WeightError.unsupported` naming an unknown `model_type` and what is available.
  static func member(of file: ConfigurationFile) throws(WeightError) -> HuggingFaceMember {
    let type = try file.string("model_type", default: "nothing")
    guard let member = all.first(where: { $0.modelType == type }) else {
      throw file.unknown("model_type", type, available: all.map(\.modelType))
    }
    return member
  }
}

extension HuggingFaceMember {
  /// Indices into the hidden states, as the file has them: one number or a list.
  func featureLayers(_ file: ConfigurationFile) throws(WeightError) -> [Int] {
    let range = -512...512
    guard let key = featureLayerKeys.first(where: file.has) else { return featureLayers }
    guard file.isList(key) else { return [try file.integer(key, in: range)] }
    let layers = try file.integers(key, in: range)
    guard SizeLimit.featureLayers ~= layers.count else {
      throw file.invalid(
        key, expected: "one to \(SizeLimit.featureLayers.upperBound) layers, not \(layers.count)")
    }
    return layers
  }

  /// Whether the class row stays among the features.
  func keepsClassRow(
    _ file: ConfigurationFile, of tower: TowerArchitecture
  ) throws(WeightError) -> Bool {
    guard readsSelectStrategy else { return false }
    let key = "vision_feature_select_strategy"
    try file.require(key, isOneOf: ["default", "full"], default: selectStrategy)
    let isFull = try file.string(key, default: selectStrategy) == "full"
    guard isFull || tower.rowsBeforePatches > 0 else {
      throw file.unsupported(
        key,
        "is 'default', which drops the first row, but \(tower.name) has no class row; "
          + "available: 'full'")
    }
    guard !isFull || tiles == nil || tower.rowsBeforePatches == 0 else {
      throw file.unsupported(
        key,
        "is 'full', which keeps the class row, but that has no place on a map of tiles; "
          + "available: 'default'")
    }
    return isFull
  }

  /// How pictures are cut into tiles; nil where the model looks at one square.
  ///
  /// - Parameters:
  ///   - processor: may list the canvases, too.
  ///   - side: of a tile, in pixels.
  func tiling(
    _ file: ConfigurationFile, processor: ConfigurationFile?, side: Int
  ) throws(WeightError) -> Tiling? {
    let key = "image_grid_pinpoints"
    guard let tiles else {
      for file in [file, processor] { try file?.refuseTiles(modelType: modelType) }
      return nil
    }
    let own = try file.canvases(key, side: side, order: .heightWidth)
    let processors = try processor?.canvases(key, side: side, order: .heightWidth)
    if let own, let processors, own != processors, let processor {
      throw processor.unsupported(key, "differs from the list in \(file.path)")
    }
    var canvases = own ?? processors
    if canvases == nil {
      canvases = try Tiling.canvases(tiles.pinpoints, side: side, order: .heightWidth) {
        .unsupported(
          path: file.path,
          detail: "\(key) is missing, and the usual list has other tiles (expected \($0))")
      }
    }
    return Tiling(
      canvases: canvases ?? [], packing: .spatialUnpad, largestMap: try largestMap(file, tiles),
      roundsMargins: true)
  }

  private func largestMap(
    _ file: ConfigurationFile, _ tiles: Tiles
  ) throws(WeightError) -> Int? {
    guard let fallback = tiles.aspectRatio else { return nil }
    let key = "vision_aspect_ratio"
    guard case .anyres(let largest) = try file.aspectRatio(key, default: fallback) else {
      throw file.unsupported(key, "is '\(file.shown(key))'; available: 'anyres', 'anyres_max_9'")
    }
    return largest
  }

  /// The epsilon of the norm in front of the projector; nil where there is no norm.
  func normEpsilon(_ file: ConfigurationFile) throws(WeightError) -> Float? {
    guard let projectorNormEpsilon else { return nil }
    return Float(
      try file.number(
        "projector_layernorm_eps", default: projectorNormEpsilon, in: SizeLimit.epsilon))
  }
}
