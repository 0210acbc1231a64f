extension DecoderArchitecture {
  /// Phi-3, Phi-3.5 and Phi-4: LLaMA's arithmetic with queries, keys and values in one matrix, and gate
  /// and up in another. Models for long contexts scale rotary positions by longrope, and some have a
  /// sliding window.
  ///
  /// GGUF files of LLaVA on Phi-3 that xtuner made call themselves "llama" and are read by that record.
  ///
  /// Source: Abdin et al., arXiv 2404.14219; `Phi3ForCausalLM` and `Phi3Config` in transformers.
  static let phi3 = DecoderArchitecture(
    name: "Phi-3",
    modelType: "phi3",
    originalModelTypes: [],
    ggufArchitecture: "phi3",
    embedding: llama.embedding, finalNorm: llama.finalNorm, head: llama.head,
    blocks: llama.blocks,
    block: llama.block.filter { [.inputNorm, .o, .postNorm, .down].contains($0.key) },
    fused: [
      FusedWeights(
        names: TensorNames("self_attn.qkv_proj.weight", gguf: "attn_qkv.weight"),
        parts: [.q, .k, .v]),
      FusedWeights(
        names: TensorNames("mlp.gate_up_proj.weight", gguf: "ffn_up.weight"), parts: [.gate, .up]),
    ],
    unread: llama.unread,
    ggufRows: .halfSplit,
    activation: "silu",
    windows: .always,
    defaults: Defaults(
      width: 3072, layers: 32, heads: 32, kvHeads: nil, feedForward: 8192, vocabulary: 32064,
      epsilon: 1e-5, ropeBase: 10000, context: 4096))
}
