/// Which decoder a model has, and its sizes.
public struct TextConfiguration: Sendable, Equatable {
  /// Its architecture.
  public var decoder: DecoderArchitecture
  /// Values of a row between the blocks.
  public var width: Int
  /// Blocks, all of which are run.
  public var layers: Int
  /// Heads of the queries.
  public var heads: Int
  /// Heads of keys and values, a divisor of `heads`.
  public var kvHeads: Int
  /// Values of a head; even. Often `width / heads`, but files may say otherwise.
  public var headDim: Int
  /// Values of a row inside a block's gated feed-forward layer.
  public var feedForward: Int
  /// Rows of the embedding and of the output head; may exceed the tokenizer's pieces.
  public var vocabulary: Int
  /// The epsilon that the RMS norms add to the mean square.
  public var epsilon: Float
  /// How queries and keys are rotated to their positions.
  public var rotary: RotaryConfiguration
  /// Positions the model was trained for.
  public var context: Int
  /// `[layers]`: how many positions a query sees, its own included; nil where it sees all, as it
  /// does with a window as long as the context.
  public var windows: [Int?]
  /// Whether the output head is the embedding itself.
  public var headIsTied = false

  /// Weights in the matrices of all blocks: each position is multiplied with each of them.
  var layerWeights: Int {
    let attention = (2 * heads + 2 * kvHeads) * headDim * width
    return layers * (attention + 3 * width * feedForward)
  }
}

extension TextConfiguration {
  /// Reads the decoder's section of a `config.json`.
  ///
  /// - Throws: `WeightError` naming the key when a size is impossible, or when a key asks for an
  ///   arithmetic that the forward pass does not have.
  init(_ section: ConfigurationFile, decoder: DecoderArchitecture) throws(WeightError) {
    let defaults = decoder.defaults
    self.decoder = decoder
    try section.require("hidden_act", isOneOf: [decoder.activation], default: decoder.activation)
    width = try section.integer("hidden_size", default: defaults.width, in: SizeLimit.width)
    layers = try section.integer(
      "num_hidden_layers", default: defaults.layers, in: SizeLimit.layers)
    heads = try section.integer(
      "num_attention_heads", default: defaults.heads, in: SizeLimit.heads)
    kvHeads = try section.integer(
      "num_key_value_heads", default: defaults.kvHeads ?? heads, in: 1...heads)
    if !section.has("head_dim"), width % heads != 0 {
      throw section.invalid("num_attention_heads", expected: "a divisor of the width \(width)")
    }
    guard heads % kvHeads == 0 else {
      throw section.invalid("num_key_value_heads", expected: "a divisor of the \(heads) heads")
    }
    headDim = try section.integer(
      "head_dim", default: max(2, width / heads), in: SizeLimit.headDim)
    guard headDim % 2 == 0 else {
      throw section.invalid(
        "num_attention_heads", expected: "heads of an even size, not \(headDim)")
    }
    feedForward = try section.integer(
      "intermediate_size", default: defaults.feedForward, in: SizeLimit.feedForward)
    vocabulary = try section.integer(
      "vocab_size", default: defaults.vocabulary, in: SizeLimit.vocabulary)
    epsilon = Float(
      try section.number("rms_norm_eps", default: defaults.epsilon, in: SizeLimit.epsilon))
    context = try section.integer(
      "max_position_embeddings", default: defaults.context, in: SizeLimit.context)
    rotary = try RotaryConfiguration(
      section, base: defaults.ropeBase, headDim: headDim, context: context)
    windows = try Self.windows(section, decoder: decoder, layers: layers, context: context)
    headIsTied = try section.boolean("tie_word_embeddings", default: false)
    try section.refuse(UnsupportedKey.ofDecoders)
  }
}
