/// A vision tower's architecture as data: how files announce it, which weights it has and what they
/// are called, and how pictures are prepared for it.
///
/// A further tower is one file with its record and one line in `Towers.all`.
public struct TowerArchitecture: Sendable {
  /// For people: "CLIP".
  public let name: String
  /// `model_type` of a Hugging Face configuration's `vision_config`.
  let modelType: String

  /// The weights outside the blocks. The patch and position embeddings must be listed. The class
  /// row, the patch bias and the norm in front of the blocks are applied if they are listed.
  let outside: [ModelPart: TensorNames]
  /// What precedes a block's number in names: "encoder.layers." or "v.blk.".
  let blocks: TensorNames
  /// The weights of one block.
  let block: [VisionBlockPart: TensorNames]
  /// Tensors of such towers that need not be read. State the reason beside each.
  let unread: [TensorPattern]

  /// The activation between the two feed-forward matrices of a block; a file with another is
  /// refused.
  let activation: TowerActivation
  /// The keys of a GGUF vision file that announce another activation; true in one of them is refused.
  let otherActivationsInGGUF: [String]
  /// What the tower's own processor does to a picture that is not square.
  let squareRoute: ImageRoute
  /// What transformers assumes for keys that a configuration leaves out.
  let defaults: Defaults
  /// `[3]`, in RGB order: the means that are used when a model's files give none.
  public let mean: [Float]
  /// `[3]`: the deviations that are used when a model's files give none.
  public let std: [Float]

  struct Defaults: Sendable {
    var width: Int
    var layers: Int
    var heads: Int
    var feedForward: Int
    var imageSide: Int
    var patch: Int
    var epsilon: Double
  }

  /// How pictures are cut for the tower when a model's files do not say it. CLIP's own processor
  /// crops, but LLaVA was trained on padded pictures, which hide nothing.
  var usualRoute: ImageRoute { squareRoute == .crop ? .pad : squareRoute }

  /// Rows in front of the patches: the class row, where there is one.
  var rowsBeforePatches: Int { outside[.visionClassEmbedding] == nil ? 0 : 1 }
}

/// An activation function of a vision tower, named as in a configuration's `hidden_act`.
enum TowerActivation: String, Sendable {
  /// x · sigmoid(1.702 x)
  case quickGELU = "quick_gelu"
  /// x · (1 + tanh(√(2/π) · (x + 0.044715 x³))) / 2
  case tanhGELU = "gelu_pytorch_tanh"
}

extension TowerArchitecture: Equatable {
  /// Whether files announce both architectures alike.
  public static func == (one: TowerArchitecture, other: TowerArchitecture) -> Bool {
    one.modelType == other.modelType
  }
}
