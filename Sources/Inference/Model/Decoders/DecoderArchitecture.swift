/// A decoder architecture as data: how files announce it, which weights it has and what they are
/// called, and where it differs from other decoders.
///
/// The forward pass (`LanguageModel`) reads these records and knows no architecture by name: what a
/// record does not list is neither loaded nor applied. A further decoder is one file with its record
/// and one line in `Decoders.all`.
public struct DecoderArchitecture: Sendable {
  /// For people: "LLaMA".
  public let name: String
  /// `model_type` of a Hugging Face configuration's `text_config`.
  let modelType: String
  /// `model_type` of a configuration in LLaVA's own layout that has this decoder inside.
  let originalModelTypes: [String]
  /// `general.architecture` of a GGUF file, which is also the prefix of its keys. When several
  /// records have the same one, the first in `Decoders.all` reads the file.
  let ggufArchitecture: String

  /// `[vocabulary, width]`
  let embedding: TensorNames
  /// `[width]`
  let finalNorm: TensorNames
  /// `[vocabulary, width]`; not stored when it is tied to the embedding.
  let head: TensorNames
  /// What precedes a block's number in names: "layers." or "blk.".
  let blocks: TensorNames
  /// The weights of one block that have a tensor of their own, the optional ones among them (such as
  /// biases) only where the architecture has them.
  let block: [TextBlockPart: TensorNames]
  /// The weights of one block that share a tensor with others.
  let fused: [FusedWeights]
  /// Tensors of such decoders that need not be read. State the reason beside each.
  let unread: [TensorPattern]
  /// How a GGUF file orders the rows of the query and key projections.
  let ggufRows: GGUFRows

  /// The only value of `hidden_act` that the forward pass implements.
  let activation: String
  /// Where a Hugging Face configuration announces a sliding window.
  let windows: Windows
  /// What transformers assumes for keys that a configuration leaves out.
  let defaults: Defaults

  /// Row order of the query and key projections, which rotary embedding rotates in pairs.
  enum GGUFRows: Sendable {
    /// The two rows of a pair are neighbours.
    case interleavedPairs
    /// Row `j` of a head goes with row `j + headDim / 2`, as in the model.
    case halfSplit
  }

  /// Several matrices of one width in one tensor: the rows of the first, then those of the next.
  struct FusedWeights: Sendable {
    let names: TensorNames
    let parts: [TextBlockPart]
  }

  /// The tensor that holds a part together with others, if there is one.
  func fused(_ part: TextBlockPart) -> FusedWeights? {
    fused.first { $0.parts.contains(part) }
  }

  /// The names of the tensor that holds a part of a block; nil when the architecture has no such
  /// part.
  func names(of part: TextBlockPart) -> TensorNames? { block[part] ?? fused(part)?.names }

  struct Defaults: Sendable {
    var width: Int
    var layers: Int
    var heads: Int
    /// nil stands for as many as `heads`.
    var kvHeads: Int?
    var feedForward: Int
    var vocabulary: Int
    var epsilon: Double
    var ropeBase: Double
    var context: Int
    /// The window in positions when `sliding_window` is absent; nil stands for no window.
    var window: Int?
  }

  /// Which keys of a configuration give such decoders a sliding window.
  enum Windows: Sendable {
    /// None: all positions are seen.
    case none
    /// `sliding_window`, for all layers.
    case always
    /// `sliding_window` where `use_sliding_window` is true (absent: false), and only in the layers from
    /// `max_window_layers` on, or those that `layer_types` lists.
    case switched
  }
}

extension DecoderArchitecture: Equatable {
  /// Whether files announce both architectures alike.
  public static func == (one: DecoderArchitecture, other: DecoderArchitecture) -> Bool {
    one.modelType == other.modelType
  }
}
