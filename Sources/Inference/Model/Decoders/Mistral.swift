extension DecoderArchitecture {
  /// Mistral: LLaMA's arithmetic with other defaults and, in some models, attention over a sliding
  /// window.
  ///
  /// GGUF files of Mistral call themselves "llama" and are read by that record.
  ///
  /// Source: Jiang et al., arXiv 2310.06825; `MistralConfig` in transformers.
  static let mistral = DecoderArchitecture(
    name: "Mistral",
    modelType: "mistral",
    originalModelTypes: ["llava_mistral"],
    ggufArchitecture: "llama",
    embedding: llama.embedding, finalNorm: llama.finalNorm, head: llama.head,
    blocks: llama.blocks, block: llama.block, fused: [], unread: llama.unread,
    ggufRows: .interleavedPairs,
    activation: "silu",
    windows: .always,
    defaults: Defaults(
      width: 4096, layers: 32, heads: 32, kvHeads: 8, feedForward: 14336, vocabulary: 32000,
      epsilon: 1e-6, ropeBase: 10000, context: 131_072, window: 4096))
}
