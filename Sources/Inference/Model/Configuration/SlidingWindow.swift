/// Reads which layers see only the nearest positions.
extension TextConfiguration {
  /// The windows, `[layers]`, from the decoder's section of a `config.json`.
  ///
  /// Where `sliding_window` is absent, transformers' default for the architecture holds; null means
  /// no window.
  static func windows(
    _ section: ConfigurationFile, decoder: DecoderArchitecture, layers: Int, context: Int
  ) throws(WeightError) -> [Int?] {
    let everywhere = [Int?](repeating: nil, count: layers)
    if case .switched = decoder.windows {
      guard try section.boolean("use_sliding_window", default: false) else { return everywhere }
    }
    guard !section.isNull("sliding_window"),
      section.has("sliding_window") || decoder.defaults.window != nil
    else { return everywhere }
    let window = try section.integer(
      "sliding_window", default: decoder.defaults.window, in: 1...Int.max >> 12)
    guard window < context else { return everywhere }
    switch decoder.windows {
    case .always: return Array(repeating: window, count: layers)
    case .switched:
      return try windowedLayers(section, layers: layers).map { $0 ? window : nil }
    case .none:
      throw section.unsupported(
        "sliding_window",
        "is \(window) of \(context) positions, but \(decoder.name) attends to all of them")
    }
  }

  /// `[layers]`: which layers have the window, in models where not all of them do.
  private static func windowedLayers(
    _ section: ConfigurationFile, layers: Int
  ) throws(WeightError) -> [Bool] {
    guard section.has("layer_types") else {
      let first = try section.integer(
        "max_window_layers", default: 28, in: 0...SizeLimit.layers.upperBound)
      return (0..<layers).map { $0 >= first }
    }
    let (full, windowed) = ("full_attention", "sliding_attention")
    let types = try section.list("layer_types")
    guard types.count == layers, types.allSatisfy([full, windowed].contains) else {
      throw section.invalid(
        "layer_types", expected: "a list of \(layers) entries, each '\(full)' or '\(windowed)'")
    }
    return types.map { $0 == windowed }
  }

  /// The windows, `[layers]`, from a GGUF file, in which 0 means no window.
  static func windows(
    gguf file: GGUFFile, _ prefix: String, layers: Int, context: Int
  ) throws(WeightError) -> [Int?] {
    let window = try file.integer(
      prefix + "attention.sliding_window", default: 0, in: 0...Int.max >> 12)
    return Array(repeating: 1..<context ~= window ? window : nil, count: layers)
  }
}
