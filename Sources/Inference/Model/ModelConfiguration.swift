/// Sizes of the CLIP vision tower, as far as it is run.
public struct VisionConfiguration: Sendable, Equatable {
  public var width: Int
  /// Blocks to run. LLaVA takes the output of the last but one, so this is usually one less than
  /// the tower has.
  public var layers: Int
  public var heads: Int
  public var feedForward: Int
  /// Side of the square input image in pixels.
  public var imageSide: Int
  /// Side of a square patch in pixels.
  public var patch: Int
  /// Of the layer norms.
  public var epsilon: Float
  /// Per channel, in RGB order: pixels in [0, 1] become `(x - mean) / std`. `[3]`
  public var mean: [Float]
  /// `[3]`
  public var std: [Float]

  public var headDim: Int { width / heads }
  /// Patches of an image, which is also the number of positions it takes in the prompt.
  public var patches: Int { (imageSide / patch) * (imageSide / patch) }

  /// CLIP's own, used when a model says nothing else (SPEC.md §1.1).
  public static let clipMean: [Float] = [0.48145466, 0.4578275, 0.40821073]
  public static let clipStd: [Float] = [0.26862954, 0.26130258, 0.27577711]
}

/// Sizes of the LLaMA decoder.
public struct TextConfiguration: Sendable, Equatable {
  public var width: Int
  public var layers: Int
  public var heads: Int
  public var kvHeads: Int
  public var headDim: Int
  public var feedForward: Int
  /// Rows of the embedding and of the output head; may exceed the tokenizer's pieces.
  public var vocabulary: Int
  /// Of the RMS norms.
  public var epsilon: Float
  public var ropeBase: Double
  /// Positions the model was trained for.
  public var context: Int
}

/// A LLaVA-1.5 model: CLIP tower, two-layer projector, LLaMA decoder.
public struct ModelConfiguration: Sendable, Equatable {
  public var vision: VisionConfiguration
  public var text: TextConfiguration
  /// The token that marks the image, where the vocabulary has one. Its embedding is never used.
  public var imageToken: Int?
}

// MARK: - Limits

/// What a configuration may claim. Generous for real models (LLaVA-1.5-13B: width 5120, 40 layers),
/// tight enough that no product of sizes overflows.
enum SizeLimit {
  static let width = 1...65_536
  static let layers = 1...512
  static let heads = 1...1024
  static let feedForward = 1...1_048_576
  static let vocabulary = 1...4_194_304
  static let context = 1...16_777_216
  static let imageSide = 1...4096
  static let epsilon = 1e-12...1e-1
  static let ropeBase = 1.0...1e12
}

// MARK: - From Hugging Face configuration files

extension TextConfiguration {
  /// Reads a LLaMA section of a `config.json`. Absent keys have the defaults of transformers'
  /// `LlamaConfig`, which published files rely on.
  init(llama section: ConfigurationFile) throws(WeightError) {
    try section.require("hidden_act", isOneOf: ["silu"], default: "silu")
    width = try section.integer("hidden_size", default: 4096, in: SizeLimit.width)
    layers = try section.integer("num_hidden_layers", default: 32, in: SizeLimit.layers)
    heads = try section.integer("num_attention_heads", default: 32, in: SizeLimit.heads)
    kvHeads = try section.integer("num_key_value_heads", default: heads, in: 1...heads)
    if !section.has("head_dim"), width % heads != 0 {
      throw section.invalid("num_attention_heads", expected: "a divisor of the width \(width)")
    }
    guard heads % kvHeads == 0 else {
      throw section.invalid("num_key_value_heads", expected: "a divisor of the \(heads) heads")
    }
    headDim = try section.integer("head_dim", default: max(1, width / heads), in: 2...4096)
    guard headDim % 2 == 0 else {
      throw section.invalid(
        "num_attention_heads", expected: "heads of an even size, not \(headDim)")
    }
    feedForward = try section.integer(
      "intermediate_size", default: 11008, in: SizeLimit.feedForward)
    vocabulary = try section.integer("vocab_size", default: 32000, in: SizeLimit.vocabulary)
    epsilon = Float(try section.number("rms_norm_eps", default: 1e-6, in: SizeLimit.epsilon))
    ropeBase = try section.number("rope_theta", default: 10000, in: SizeLimit.ropeBase)
    context = try section.integer(
      "max_position_embeddings", default: 2048, in: SizeLimit.context)
    let scaling = try section.section("rope_scaling")
    let kind = try scaling.string(
      "rope_type", default: try scaling.string("type", default: "default"))
    guard kind == "default" else {
      throw section.unsupported(
        "rope_scaling", "is '\(kind)'; only plain rotary positions are known")
    }
  }
}

extension VisionConfiguration {
  /// Reads a CLIP vision section of a `config.json`. Absent keys have the defaults of transformers'
  /// `CLIPVisionConfig`.
  ///
  /// - Parameters:
  ///   - featureLayer: index into the hidden states (0: embeddings, -1: last block's output).
  ///   - preprocessor: `preprocessor_config.json`, where there is one.
  init(
    clip section: ConfigurationFile, featureLayer: Int, preprocessor: ConfigurationFile?
  ) throws(WeightError) {
    try section.require("hidden_act", isOneOf: ["quick_gelu"], default: "quick_gelu")
    width = try section.integer("hidden_size", default: 768, in: SizeLimit.width)
    let blocks = try section.integer("num_hidden_layers", default: 12, in: SizeLimit.layers)
    layers = featureLayer < 0 ? blocks + 1 + featureLayer : featureLayer
    guard 0...blocks ~= layers else {
      throw section.unsupported(
        "num_hidden_layers", "is \(blocks), but features are taken from layer \(featureLayer)")
    }
    heads = try section.integer("num_attention_heads", default: 12, in: SizeLimit.heads)
    guard width % heads == 0 else {
      throw section.invalid("num_attention_heads", expected: "a divisor of the width \(width)")
    }
    feedForward = try section.integer("intermediate_size", default: 3072, in: SizeLimit.feedForward)
    imageSide = try section.integer("image_size", default: 224, in: SizeLimit.imageSide)
    patch = try section.integer("patch_size", default: 32, in: 1...imageSide)
    guard imageSide % patch == 0 else {
      throw section.invalid("patch_size", expected: "a divisor of the image side \(imageSide)")
    }
    epsilon = Float(try section.number("layer_norm_eps", default: 1e-5, in: SizeLimit.epsilon))
    mean = try preprocessor?.numbers("image_mean", count: 3)?.map { Float($0) } ?? Self.clipMean
    std = try preprocessor?.numbers("image_std", count: 3)?.map { Float($0) } ?? Self.clipStd
    guard mean.allSatisfy(\.isFinite), std.allSatisfy({ $0.isFinite && $0 > 0 }) else {
      throw (preprocessor ?? section).invalid("image_std", expected: "three positive numbers")
    }
  }
}
