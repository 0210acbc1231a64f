@testable import Inference

extension TowerArchitecture {
  /// Chinese-CLIP's vision transformer: CLIP's arithmetic and names under a `model_type` of its own.
  ///
  /// Source: `ChineseCLIPVisionModel` and `ChineseCLIPVisionConfig` in transformers.
  static let chineseCLIP = TowerArchitecture(
    name: "Chinese-CLIP",
    modelType: "chinese_clip_vision_model",
    outside: clip.outside,
    blocks: clip.blocks,
    block: clip.block,
    unread: clip.unread,
    activation: .quickGELU,
    otherActivationsInGGUF: clip.otherActivationsInGGUF,
    squareRoute: .crop,
    defaults: Defaults(
      width: 768, layers: 12, heads: 12, feedForward: 3072, imageSide: 224, patch: 32,
      epsilon: 1e-5),
    mean: clip.mean,
    std: clip.std)
}
