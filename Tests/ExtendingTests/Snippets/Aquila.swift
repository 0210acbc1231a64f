@testable import Inference

extension DecoderArchitecture {
  /// BAAI's Aquila: LLaMA's arithmetic and names under a `model_type` of its own.
  ///
  /// Source: `modeling_aquila.py` of https://huggingface.co/BAAI/Aquila-7B.
  static let aquila = DecoderArchitecture(
    name: "Aquila",
    modelType: "aquila",
    originalModelTypes: [],
    ggufArchitecture: "aquila",
    embedding: llama.embedding,
    finalNorm: llama.finalNorm,
    head: llama.head,
    blocks: llama.blocks,
    block: llama.block,
    fused: [],
    unread: llama.unread,
    ggufRows: .interleavedPairs,
    activation: "silu",
    windows: .none,
    defaults: Defaults(
      width: 4096, layers: 32, heads: 32, kvHeads: nil, feedForward: 11008, vocabulary: 100_008,
      epsilon: 1e-6, ropeBase: 10000, context: 2048))
}
