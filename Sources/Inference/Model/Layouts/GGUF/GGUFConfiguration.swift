extension TextConfiguration {
  /// Reads the keys of a text model, which begin with its architecture's name.
  ///
  /// - Throws: `WeightError` naming the key when a size is impossible, or when a key asks for an
  ///   arithmetic that the forward pass does not have.
  init(gguf file: GGUFFile) throws(WeightError) {
    let kind = try file.text("general.type")
    guard ["", "model"].contains(kind) else {
      throw file.unsupported("general.type", "is '\(kind)'; available: 'model'")
    }
    let decoder = try Decoders.decoder(gguf: file)
    let prefix = decoder.ggufArchitecture + "."
    let defaults = decoder.defaults
    self.decoder = decoder
    width = try file.integer(prefix + "embedding_length", in: SizeLimit.width)
    layers = try file.integer(prefix + "block_count", in: SizeLimit.layers)
    heads = try file.integer(prefix + "attention.head_count", in: SizeLimit.heads)
    kvHeads = try file.integer(
      prefix + "attention.head_count_kv", default: heads, in: 1...heads)
    guard heads % kvHeads == 0 else {
      throw file.invalid(
        prefix + "attention.head_count_kv", expected: "a divisor of the \(heads) heads")
    }
    headDim = try Self.headDim(file, prefix, width: width, heads: heads)
    feedForward = try file.integer(prefix + "feed_forward_length", in: SizeLimit.feedForward)
    let embedding = file.tensors.first { $0.name == decoder.embedding.gguf }
    vocabulary = try file.integer(
      prefix + "vocab_size", default: embedding?.shape.first, in: SizeLimit.vocabulary)
    epsilon = Float(
      try file.number(
        prefix + "attention.layer_norm_rms_epsilon", default: 1e-5, in: SizeLimit.epsilon))
    context = try file.integer(
      prefix + "context_length", default: defaults.context, in: SizeLimit.context)
    rotary = try RotaryConfiguration(
      gguf: file, prefix, base: defaults.ropeBase, headDim: headDim, context: context,
      order: decoder.ggufRows)
    windows = try Self.windows(gguf: file, prefix, layers: layers, context: context)
    // A tied head is not stored, and no key announces it.
    headIsTied = !file.tensors.contains { $0.name == decoder.head.gguf }
    try file.refuse(UnsupportedKey.ofGGUFDecoders, below: prefix)
  }

  /// The head size: that of the key, or the width divided by the heads.
  private static func headDim(
    _ file: GGUFFile, _ prefix: String, width: Int, heads: Int
  ) throws(WeightError) -> Int {
    let key = prefix + "attention.key_length"
    if !file.has(key), width % heads != 0 {
      throw file.invalid(
        prefix + "attention.head_count", expected: "a divisor of the width \(width)")
    }
    let size = try file.integer(key, default: max(2, width / heads), in: SizeLimit.headDim)
    guard size % 2 == 0 else {
      throw file.invalid(
        prefix + "attention.head_count", expected: "heads of an even size, not \(size)")
    }
    let values = prefix + "attention.value_length"
    guard try file.integer(values, default: size, in: 1...SizeLimit.width.upperBound) == size else {
      throw file.invalid(values, expected: "the head size \(size)")
    }
    return size
  }
}
