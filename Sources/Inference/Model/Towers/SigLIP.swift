extension TowerArchitecture {
  /// SigLIP's vision transformer (LLaVA-OneVision uses so400m/14 at 384 pixels): no class row and no
  /// norm in front of the blocks, a bias on the patch convolution, tanh-GELU.
  ///
  /// Source: Zhai et al., arXiv 2303.15343; `SiglipVisionModel` and `SiglipVisionConfig` in transformers.
  static let sigLIP = TowerArchitecture(
    name: "SigLIP",
    modelType: "siglip_vision_model",
    outside: [
      .visionPatchEmbedding: TensorNames(
        "embeddings.patch_embedding.weight", gguf: "patch_embd.weight"),
      .visionPatchBias: TensorNames("embeddings.patch_embedding.bias", gguf: "patch_embd.bias"),
      .visionPositionEmbedding: TensorNames(
        "embeddings.position_embedding.weight", gguf: "position_embd.weight"),
    ],
    blocks: clip.blocks,
    block: clip.block,
    unread: [
      // A buffer with the numbers of the positions.
      .name("embeddings.position_ids"),
      // Features are the last block's output before this norm.
      .prefix("post_layernorm."), .prefix("post_ln."),
      // The pooling head makes one row of all patches, to compare pictures with texts.
      .prefix("head."),
    ],
    activation: .tanhGELU,
    // `clip.use_gelu` means the tanh form in llama.cpp. Its older converter wrote false for SigLIP, too.
    otherActivationsInGGUF: ["clip.use_silu"],
    squareRoute: .squash,
    defaults: Defaults(
      width: 768, layers: 12, heads: 12, feedForward: 3072, imageSide: 224, patch: 16,
      epsilon: 1e-6),
    mean: [0.5, 0.5, 0.5],
    std: [0.5, 0.5, 0.5])
}
