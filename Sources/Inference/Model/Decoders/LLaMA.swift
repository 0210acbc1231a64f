extension DecoderArchitecture {
  /// LLaMA and its descendants with the same arithmetic (Vicuna, the decoder of LLaVA-1.5): RMS norms,
  /// rotary positions over all of a head, grouped key/value heads, SwiGLU, no biases.
  ///
  /// Source: Touvron et al., arXiv 2302.13971; `LlamaForCausalLM` and `LlamaConfig` in transformers.
  static let llama = DecoderArchitecture(
    name: "LLaMA",
    modelType: "llama",
    originalModelTypes: ["llava", "llava_llama"],
    ggufArchitecture: "llama",
    embedding: TensorNames("embed_tokens.weight", gguf: "token_embd.weight"),
    finalNorm: TensorNames("norm.weight", gguf: "output_norm.weight"),
    head: TensorNames("lm_head.weight", gguf: "output.weight"),
    blocks: TensorNames("layers.", gguf: "blk."),
    block: [
      .inputNorm: TensorNames("input_layernorm.weight", gguf: "attn_norm.weight"),
      .q: TensorNames("self_attn.q_proj.weight", gguf: "attn_q.weight"),
      .k: TensorNames("self_attn.k_proj.weight", gguf: "attn_k.weight"),
      .v: TensorNames("self_attn.v_proj.weight", gguf: "attn_v.weight"),
      .o: TensorNames("self_attn.o_proj.weight", gguf: "attn_output.weight"),
      .postNorm: TensorNames("post_attention_layernorm.weight", gguf: "ffn_norm.weight"),
      .gate: TensorNames("mlp.gate_proj.weight", gguf: "ffn_gate.weight"),
      .up: TensorNames("mlp.up_proj.weight", gguf: "ffn_up.weight"),
      .down: TensorNames("mlp.down_proj.weight", gguf: "ffn_down.weight"),
    ],
    fused: [],
    // Older checkpoints store this buffer; the frequencies follow from `rope_theta`.
    unread: [.suffix("rotary_emb.inv_freq")],
    ggufRows: .interleavedPairs,
    activation: "silu",
    windows: .none,
    defaults: Defaults(
      width: 4096, layers: 32, heads: 32, kvHeads: nil, feedForward: 11008, vocabulary: 32000,
      epsilon: 1e-6, ropeBase: 10000, context: 2048))
}
