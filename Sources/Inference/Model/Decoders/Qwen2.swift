extension DecoderArchitecture {
  /// Qwen2 and Qwen2.5: LLaMA's arithmetic with biases on queries, keys and values. The head is often
  /// tied to the embedding. A sliding window counts only where `use_sliding_window` is true.
  ///
  /// Source: Yang et al., arXiv 2407.10671; `Qwen2ForCausalLM` and `Qwen2Config` in transformers.
  static let qwen2 = DecoderArchitecture(
    name: "Qwen2",
    modelType: "qwen2",
    originalModelTypes: ["llava_qwen"],
    ggufArchitecture: "qwen2",
    embedding: llama.embedding, finalNorm: llama.finalNorm, head: llama.head,
    blocks: llama.blocks,
    block: llama.block.merging(
      [
        .qBias: TensorNames("self_attn.q_proj.bias", gguf: "attn_q.bias"),
        .kBias: TensorNames("self_attn.k_proj.bias", gguf: "attn_k.bias"),
        .vBias: TensorNames("self_attn.v_proj.bias", gguf: "attn_v.bias"),
      ], uniquingKeysWith: { $1 }),
    fused: [],
    unread: llama.unread,
    ggufRows: .halfSplit,
    activation: "silu",
    windows: .switched,
    defaults: Defaults(
      width: 4096, layers: 32, heads: 32, kvHeads: 32, feedForward: 22016, vocabulary: 151_936,
      epsilon: 1e-6, ropeBase: 10000, context: 32768, window: 4096))
}
