/// The names that transformers gives to the weights of LLaMA and CLIP, behind a prefix that differs
/// between layouts.
enum TransformersNames {
  static func text(_ layer: Int, _ part: TextBlockPart) -> String {
    let name =
      switch part {
      case .inputNorm: "input_layernorm"
      case .q: "self_attn.q_proj"
      case .k: "self_attn.k_proj"
      case .v: "self_attn.v_proj"
      case .o: "self_attn.o_proj"
      case .postNorm: "post_attention_layernorm"
      case .gate: "mlp.gate_proj"
      case .up: "mlp.up_proj"
      case .down: "mlp.down_proj"
      }
    return "layers.\(layer).\(name).weight"
  }

  static func visionBlock(_ layer: Int, _ part: VisionBlockPart) -> String {
    let name =
      switch part {
      case .norm1Weight: "layer_norm1.weight"
      case .norm1Bias: "layer_norm1.bias"
      case .qWeight: "self_attn.q_proj.weight"
      case .qBias: "self_attn.q_proj.bias"
      case .kWeight: "self_attn.k_proj.weight"
      case .kBias: "self_attn.k_proj.bias"
      case .vWeight: "self_attn.v_proj.weight"
      case .vBias: "self_attn.v_proj.bias"
      case .oWeight: "self_attn.out_proj.weight"
      case .oBias: "self_attn.out_proj.bias"
      case .norm2Weight: "layer_norm2.weight"
      case .norm2Bias: "layer_norm2.bias"
      case .fc1Weight: "mlp.fc1.weight"
      case .fc1Bias: "mlp.fc1.bias"
      case .fc2Weight: "mlp.fc2.weight"
      case .fc2Bias: "mlp.fc2.bias"
      }
    return "encoder.layers.\(layer).\(name)"
  }

  /// nil for parts outside the vision tower. `pre_layrnorm` is transformers' own spelling.
  static func vision(_ part: ModelPart) -> String? {
    switch part {
    case .visionClassEmbedding: "embeddings.class_embedding"
    case .visionPatchEmbedding: "embeddings.patch_embedding.weight"
    case .visionPositionEmbedding: "embeddings.position_embedding.weight"
    case .visionPreNormWeight: "pre_layrnorm.weight"
    case .visionPreNormBias: "pre_layrnorm.bias"
    case .visionBlock(let layer, let part): visionBlock(layer, part)
    default: nil
    }
  }
}
