/// A key of a configuration that changes a model's arithmetic in a way the forward pass does not
/// implement. Ignoring such a key would give wrong answers silently.
struct UnsupportedKey: Sendable {
  let name: String
  /// The value with which the key changes nothing (false counts as 0); nil when only null or
  /// absence changes nothing.
  var neutral: Double?

  /// Keys in the section of a decoder.
  ///
  /// Source: the configuration classes of transformers 5 whose decoders have LLaMA's tensors.
  static let ofDecoders = [
    UnsupportedKey(name: "attention_bias", neutral: 0),
    UnsupportedKey(name: "mlp_bias", neutral: 0),
    UnsupportedKey(name: "rotary_pct", neutral: 1),
    UnsupportedKey(name: "logit_scale", neutral: 1),
    UnsupportedKey(name: "logits_scaling", neutral: 1),
    UnsupportedKey(name: "final_logit_softcapping"),
    UnsupportedKey(name: "attn_logit_softcapping"),
    UnsupportedKey(name: "query_pre_attn_scalar"),
    UnsupportedKey(name: "attention_multiplier"),
    UnsupportedKey(name: "embedding_multiplier", neutral: 1),
    UnsupportedKey(name: "residual_multiplier", neutral: 1),
    UnsupportedKey(name: "scale_emb", neutral: 1),
    UnsupportedKey(name: "scale_depth"),
    UnsupportedKey(name: "dim_model_base"),
    UnsupportedKey(name: "clip_qkv"),
    UnsupportedKey(name: "qk_norm", neutral: 0),
    UnsupportedKey(name: "use_qk_norm", neutral: 0),
    UnsupportedKey(name: "qk_layernorm", neutral: 0),
    UnsupportedKey(name: "rope_interleaved", neutral: 0),
    UnsupportedKey(name: "attn_temperature_tuning", neutral: 0),
    UnsupportedKey(name: "alibi", neutral: 0),
    UnsupportedKey(name: "no_rope_layers"),
    UnsupportedKey(name: "num_experts", neutral: 0),
    UnsupportedKey(name: "num_local_experts", neutral: 0),
  ]

  /// Keys in the section of a vision tower.
  static let ofTowers = [UnsupportedKey(name: "num_channels", neutral: 3)]

  /// Keys of a GGUF text model, without the architecture's name in front.
  ///
  /// Source: llama.cpp, `gguf-py/gguf/constants.py`.
  static let ofGGUFDecoders = [
    UnsupportedKey(name: "logit_scale", neutral: 1),
    UnsupportedKey(name: "embedding_scale", neutral: 1),
    UnsupportedKey(name: "residual_scale", neutral: 1),
    UnsupportedKey(name: "attention.scale"),
    UnsupportedKey(name: "attention.clamp_kqv"),
    UnsupportedKey(name: "attention.max_alibi_bias", neutral: 0),
    UnsupportedKey(name: "attention.causal", neutral: 1),
    UnsupportedKey(name: "attn_logit_softcapping"),
    UnsupportedKey(name: "final_logit_softcapping"),
    UnsupportedKey(name: "use_parallel_residual", neutral: 0),
    UnsupportedKey(name: "expert_count", neutral: 0),
  ]

  /// Keys behind "clip." in a GGUF vision file: other projectors, and towers that merge patches or look
  /// through windows.
  ///
  /// Source: llama.cpp, `tools/mtmd/clip-impl.h`.
  static let ofGGUFTowers = [
    UnsupportedKey(name: "has_llava_projector", neutral: 1),
    UnsupportedKey(name: "has_minicpmv_projector", neutral: 0),
    UnsupportedKey(name: "has_qwen2vl_merger", neutral: 0),
    UnsupportedKey(name: "has_glm_projector", neutral: 0),
    UnsupportedKey(name: "has_audio_encoder", neutral: 0),
    UnsupportedKey(name: "vision.spatial_merge_size", neutral: 1),
    UnsupportedKey(name: "vision.projector.scale_factor", neutral: 1),
    UnsupportedKey(name: "vision.n_wa_pattern", neutral: 0),
    UnsupportedKey(name: "vision.window_size", neutral: 0),
  ]
}

extension GGUFFile {
  /// Refuses the first of the keys whose value changes something.
  ///
  /// - Parameter prefix: stands in front of each key.
  func refuse(_ keys: [UnsupportedKey], below prefix: String) throws(WeightError) {
    for key in keys where has(prefix + key.name) {
      if let neutral = key.neutral, double(prefix + key.name) == neutral { continue }
      throw unsupported(
        prefix + key.name, "is \(shown(prefix + key.name)), which is not implemented")
    }
  }
}

extension ConfigurationFile {
  /// Refuses the first of the keys whose value changes something.
  func refuse(_ keys: [UnsupportedKey]) throws(WeightError) {
    for key in keys where has(key.name) {
      if let neutral = key.neutral, double(key.name) == neutral { continue }
      throw unsupported(key.name, "is \(shown(key.name)), which is not implemented")
    }
  }

  /// Refuses weights that are stored by a quantisation of transformers or MLX.
  func refuseQuantisation() throws(WeightError) {
    for key in ["quantization_config", "quantization"] where has(key) {
      let method = isObject(key) ? try section(key).string("quant_method", default: "MLX") : "MLX"
      throw unsupported(
        key,
        "says that the weights are quantised by \(method); give the model's original weights or a "
          + "GGUF file")
    }
  }

  /// Refuses a configuration that asks for tiles when models of its type have none.
  func refuseTiles(modelType: String) throws(WeightError) {
    let advice =
      "models of the type '\(modelType)' look at one square; tiles need 'llava_next' or "
      + "'llava_onevision'"
    for key in ["image_aspect_ratio", "vision_aspect_ratio"] where has(key) {
      let aspect = try string(key, default: "pad")
      guard aspect == "pad" else { throw unsupported(key, "is '\(aspect)'; \(advice)") }
    }
    // A file with the aspect ratio "pad" may still list canvases, which nothing reads then.
    if has("image_grid_pinpoints"), !has("image_aspect_ratio") {
      throw unsupported("image_grid_pinpoints", "asks for tiles; \(advice)")
    }
  }
}
