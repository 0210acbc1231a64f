@testable import Inference

extension TowerArchitecture {
  /// Chinese-CLIP's vision transformer: CLIP's arithmetic and names under a `model_type` of its own.
  ///
  /// Source: `ChineseCLIPVisionModel` and `ChineseCLIPVisionConfig` in transformers.
  static let chineseCLIP = TowerArchitecture(
    name: "Chinese-CLIP",
    modelType: "chinese_clip_vision_model",
    outside: [
      .visionClassEmbedding: TensorNames("embeddings.class_embedding", gguf: "class_embd"),
      .visionPatchEmbedding: TensorNames(
        "embeddings.patch_embedding.weight", gguf: "patch_embd.weight"),
      .visionPositionEmbedding: TensorNames(
        "embeddings.position_embedding.weight", gguf: "position_embd.weight"),
      .visionPreNormWeight: TensorNames("pre_layrnorm.weight", gguf: "pre_ln.weight"),
      .visionPreNormBias: TensorNames("pre_layrnorm.bias", gguf: "pre_ln.bias"),
    ],
    blocks: TensorNames("encoder.layers.", gguf: "blk."),
    block: TowerArchitecture.clip.block,
    unread: [
      // A buffer that counts the positions.
      .name("embeddings.position_ids"),
      // This norm is applied to the pooled class row, not to the features.
      .prefix("post_layernorm."),
    ],
    activation: "quick_gelu",
    otherActivationsInGGUF: ["clip.use_gelu", "clip.use_silu"],
    defaults: Defaults(
      width: 768, layers: 12, heads: 12, feedForward: 3072, imageSide: 224, patch: 32,
      epsilon: 1e-5),
    mean: TowerArchitecture.clip.mean,
    std: TowerArchitecture.clip.std)
}
