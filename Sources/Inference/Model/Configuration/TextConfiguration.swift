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
  /// What the RMS norms add to the mean square.
  public var epsilon: Float
  /// θ of the rotary positions: pair `k` of a head is rotated by `position · θ^(-2k / headDim)`.
  public var ropeBase: Double
  /// Positions the model was trained for.
  public var context: Int
  /// Whether the output head is the embedding itself.
  public var headIsTied = false
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
    ropeBase = try Self.rotaryBase(section, default: defaults.ropeBase)
    headIsTied = try section.boolean("tie_word_embeddings", default: false)
    try section.refuse(UnsupportedKey.ofDecoders)
    try Self.refuseWindow(section, defaults: defaults, context: context)
  }

  /// The base of rotary positions: `rope_theta` with `rope_scaling` beside it, or both in the one
  /// object `rope_parameters` that transformers 5 writes.
  private static func rotaryBase(
    _ section: ConfigurationFile, default fallback: Double
  ) throws(WeightError) -> Double {
    for key in ["rope_scaling", "rope_parameters"] {
      let rotary = try section.section(key)
      let kind = try rotary.string(
        "rope_type", default: try rotary.string("type", default: "default"))
      guard kind == "default" else {
        throw section.unsupported(key, "has the type '\(kind)'; available: 'default'")
      }
      try rotary.refuse(UnsupportedKey.ofRotaryPositions)
    }
    let rotary = try section.section("rope_parameters")
    let older = try section.number("rope_theta", default: fallback, in: SizeLimit.ropeBase)
    return try rotary.number("rope_theta", default: older, in: SizeLimit.ropeBase)
  }

  /// A window at least as long as the context hides nothing; a shorter one is refused.
  private static func refuseWindow(
    _ section: ConfigurationFile, defaults: DecoderArchitecture.Defaults, context: Int
  ) throws(WeightError) {
    guard try section.boolean("use_sliding_window", default: defaults.usesWindow),
      !section.isNull("sliding_window")
    else { return }
    let window = try section.integer(
      "sliding_window", default: defaults.window ?? context, in: 0...Int.max >> 12)
    guard window >= context else {
      throw section.unsupported(
        "sliding_window",
        "is \(window) of \(context) positions; attention over a window is not implemented, only "
          + "null works")
    }
  }
}
