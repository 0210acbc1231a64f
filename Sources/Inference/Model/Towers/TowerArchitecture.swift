/// A vision tower's architecture as data: how files announce it, which weights it has and what they
/// are called, and how pictures are brought to it.
///
/// A further tower is one file with its record and one line in `Towers.all`.
public struct TowerArchitecture: Sendable {
  /// For people: "CLIP".
  public let name: String
  /// `model_type` of a Hugging Face configuration's `vision_config`.
  let modelType: String

  /// The weights outside the blocks. `VisionTower` applies all five parts and knows no other yet: a
  /// tower that lacks one, or has one more, needs its line there too.
  let outside: [ModelPart: TensorNames]
  /// What names have in front of a block's number: "encoder.layers." or "v.blk.".
  let blocks: TensorNames
  /// The weights of one block.
  let block: [VisionBlockPart: TensorNames]
  /// Tensors of such towers that may be left unread; each needs a reason beside it.
  let unread: [TensorPattern]

  /// The only value of `hidden_act` that the forward pass implements.
  let activation: String
  /// The keys of a GGUF vision file that announce another activation; true in one of them is refused.
  let otherActivationsInGGUF: [String]
  /// What transformers assumes for keys that a configuration leaves out.
  let defaults: Defaults
  /// Per channel, in RGB order, used when a model says nothing else. `[3]`
  public let mean: [Float]
  /// `[3]`
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

  /// Rows in front of the patches: the class row, where there is one.
  var rowsBeforePatches: Int { outside[.visionClassEmbedding] == nil ? 0 : 1 }
}

extension TowerArchitecture: Equatable {
  /// Records are equal when files announce them alike.
  public static func == (one: TowerArchitecture, other: TowerArchitecture) -> Bool {
    one.modelType == other.modelType
  }
}
