extension TowerArchitecture {
  /// CLIP's vision transformer (LLaVA-1.5 uses ViT-L/14 at 336 pixels): a class row, a norm in front of
  /// the blocks, biases everywhere, quick-GELU.
  ///
  /// Source: Radford et al., arXiv 2103.00020; `CLIPVisionModel` and `CLIPVisionConfig` in transformers.
  static let clip = TowerArchitecture(
    name: "CLIP",
    modelType: "clip_vision_model",
    outside: [
      .visionClassEmbedding: TensorNames("embeddings.class_embedding", gguf: "class_embd"),
      .visionPatchEmbedding: TensorNames(
        "embeddings.patch_embedding.weight", gguf: "patch_embd.weight"),
      .visionPositionEmbedding: TensorNames(
        "embeddings.position_embedding.weight", gguf: "position_embd.weight"),
      // transformers spells it "layrnorm".
      .visionPreNormWeight: TensorNames("pre_layrnorm.weight", gguf: "pre_ln.weight"),
      .visionPreNormBias: TensorNames("pre_layrnorm.bias", gguf: "pre_ln.bias"),
    ],
    blocks: TensorNames("encoder.layers.", gguf: "blk."),
    block: [
      .norm1Weight: TensorNames("layer_norm1.weight", gguf: "ln1.weight"),
      .norm1Bias: TensorNames("layer_norm1.bias", gguf: "ln1.bias"),
      .qWeight: TensorNames("self_attn.q_proj.weight", gguf: "attn_q.weight"),
      .qBias: TensorNames("self_attn.q_proj.bias", gguf: "attn_q.bias"),
      .kWeight: TensorNames("self_attn.k_proj.weight", gguf: "attn_k.weight"),
      .kBias: TensorNames("self_attn.k_proj.bias", gguf: "attn_k.bias"),
      .vWeight: TensorNames("self_attn.v_proj.weight", gguf: "attn_v.weight"),
      .vBias: TensorNames("self_attn.v_proj.bias", gguf: "attn_v.bias"),
      .oWeight: TensorNames("self_attn.out_proj.weight", gguf: "attn_out.weight"),
      .oBias: TensorNames("self_attn.out_proj.bias", gguf: "attn_out.bias"),
      .norm2Weight: TensorNames("layer_norm2.weight", gguf: "ln2.weight"),
      .norm2Bias: TensorNames("layer_norm2.bias", gguf: "ln2.bias"),
      .fc1Weight: TensorNames("mlp.fc1.weight", gguf: "ffn_up.weight"),
      .fc1Bias: TensorNames("mlp.fc1.bias", gguf: "ffn_up.bias"),
      .fc2Weight: TensorNames("mlp.fc2.weight", gguf: "ffn_down.weight"),
      .fc2Bias: TensorNames("mlp.fc2.bias", gguf: "ffn_down.bias"),
    ],
    unread: [
      // A buffer with the numbers of the positions.
      .name("embeddings.position_ids"),
      // This norm is applied to the pooled class row, not to the features.
      .prefix("post_layernorm."), .prefix("post_ln."),
    ],
    activation: .quickGELU,
    otherActivationsInGGUF: ["clip.use_gelu", "clip.use_silu"],
    squareRoute: .crop,
    defaults: Defaults(
      width: 768, layers: 12, heads: 12, feedForward: 3072, imageSide: 224, patch: 32,
      epsilon: 1e-5),
    mean: [0.48145466, 0.4578275, 0.40821073],
    std: [0.26862954, 0.26130258, 0.27577711])
}
