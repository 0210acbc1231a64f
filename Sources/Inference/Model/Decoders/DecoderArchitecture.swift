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
  /// `general.architecture` of a GGUF file, which is also the prefix of its keys. When
  /// several records have the same one, the first in `Decoders.all` reads the file.
  let ggufArchitecture: String

  /// `[vocabulary, width]`
  let embedding: TensorNames
  /// `[width]`
  let finalNorm: TensorNames
  /// `[vocabulary, width]`; not stored when it is tied to the embedding.
  let head: TensorNames
  /// What names have in front of a block's number: "layers." or "blk.".
  let blocks: TensorNames
  /// The weights of one block, the optional ones among them (such as biases) only where the
  /// architecture has them.
  let block: [TextBlockPart: TensorNames]
  /// Tensors of such decoders that may be left unread; each needs a reason beside it.
  let unread: [TensorPattern]
  /// How a GGUF file orders the rows of the query and key projections.
  let ggufRows: GGUFRows

  /// The only value of `hidden_act` that the forward pass implements.
  let activation: String
  /// What transformers assumes for keys that a configuration leaves out.
  let defaults: Defaults

  /// Row order of the query and key projections, which rotary embedding rotates in pairs.
  enum GGUFRows: Sendable {
    /// The two rows of a pair are neighbours.
    case interleavedPairs
    /// Row `j` of a head goes with row `j + headDim / 2`, as in the model.
    case halfSplit
  }

  struct Defaults: Sendable {
    var width: Int
    var layers: Int
    var heads: Int
    /// nil: as many as `heads`.
    var kvHeads: Int?
    var feedForward: Int
    var vocabulary: Int
    var epsilon: Double
    var ropeBase: Double
    var context: Int
    /// What an absent `sliding_window` means, in positions; nil: no window.
    var window: Int?
    /// What an absent `use_sliding_window` means.
    var usesWindow = true
  }
}

extension DecoderArchitecture: Equatable {
  /// Records are equal when files announce them alike.
  public static func == (one: DecoderArchitecture, other: DecoderArchitecture) -> Bool {
    one.modelType == other.modelType
  }
}
