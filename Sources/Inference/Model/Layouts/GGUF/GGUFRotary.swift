extension RotaryConfiguration {
  /// Reads the keys below the architecture's name, and the tensors that hold a divisor for each pair:
  /// `rope_freqs` (no key announces it), or `rope_factors_short` and `rope_factors_long`.
  ///
  /// - Parameter prefix: the architecture's name and a dot.
  /// - Throws: `WeightError` naming the key or tensor.
  init(
    gguf file: GGUFFile, _ prefix: String, base fallback: Double, headDim: Int, context: Int,
    order: DecoderArchitecture.GGUFRows
  ) throws(WeightError) {
    base = try file.number(prefix + "rope.freq_base", default: fallback, in: SizeLimit.ropeBase)
    dimensions = try Self.dimensions(file, prefix, headDim: headDim, order: order)
    magnitude = Float(
      try file.number(prefix + "rope.scaling.attn_factor", default: 1, in: SizeLimit.ropeFactor))
    let pairs = dimensions / 2
    let short = try Self.divisors(file, GGUFNames.short, pairs)
    let long = try Self.divisors(file, GGUFNames.long, pairs)
    guard (short == nil) == (long == nil) else {
      throw .unsupported(
        path: file.path,
        detail: "of \(GGUFNames.short) and \(GGUFNames.long) it has one alone; longrope needs both")
    }
    if let divisors = try Self.divisors(file, GGUFNames.divisors, pairs) {
      scaling = .divided(by: divisors)
    } else if let short, let long {
      scaling = .longrope(
        short: short, long: long,
        original: try file.integer(
          prefix + "rope.scaling.original_context_length", default: max(2, context),
          in: 2...SizeLimit.context.upperBound))
    }
    try refine(file, prefix)
  }

  /// Names of the tensors that this reads.
  enum GGUFNames {
    static let divisors = "rope_freqs.weight"
    static let short = "rope_factors_short.weight"
    static let long = "rope_factors_long.weight"
    static let all = [divisors, short, long]
  }

  /// Applies `rope.scaling.type`, which is "linear" where a factor comes without it.
  private mutating func refine(_ file: GGUFFile, _ prefix: String) throws(WeightError) {
    let kind = try file.text(prefix + "rope.scaling.type")
    let older = try file.number(prefix + "rope.scale_linear", default: 1, in: SizeLimit.ropeFactor)
    let factor = try file.number(
      prefix + "rope.scaling.factor", default: older, in: SizeLimit.ropeFactor)
    switch (kind, scaling) {
    case ("none", .none), ("longrope", .longrope): break
    case ("", .none), ("linear", .none): if factor != 1 { scaling = .linear(factor: factor) }
    case ("", _) where factor == 1: break
    case ("linear", _), ("none", _), ("longrope", _), ("", _):
      throw file.unsupported(
        prefix + "rope.scaling.type",
        "is '\(kind)' with a factor of \(factor), which does not fit the file's rope tensors")
    default:
      throw file.unknown(
        prefix + "rope.scaling.type", kind, available: ["none", "linear", "longrope"])
    }
  }

  private static func dimensions(
    _ file: GGUFFile, _ prefix: String, headDim: Int, order: DecoderArchitecture.GGUFRows
  ) throws(WeightError) -> Int {
    let key = prefix + "rope.dimension_count"
    let dimensions = try file.integer(key, default: headDim, in: 1...SizeLimit.width.upperBound)
    // The interleaved order pairs the rows of a whole head, so all of them must be rotated.
    guard dimensions == headDim || order == .halfSplit else {
      throw file.invalid(key, expected: "the head size \(headDim)")
    }
    guard dimensions <= headDim, dimensions % 2 == 0 else {
      throw file.invalid(key, expected: "an even number up to the head size \(headDim)")
    }
    return dimensions
  }

  private static func divisors(
    _ file: GGUFFile, _ name: String, _ pairs: Int
  ) throws(WeightError) -> [Float]? {
    guard let tensor = file.tensors.first(where: { $0.name == name }) else { return nil }
    guard tensor.shape == [pairs] else {
      throw .wrongShape(path: file.path, tensor: name, found: tensor.shape, expected: [pairs])
    }
    let values = try tensor.floats()
    guard values.allSatisfy({ SizeLimit.ropeFactor.contains(Double($0)) }) else {
      throw .damaged(
        path: file.path,
        detail:
          "its tensor '\(name)' holds \(values.first { !SizeLimit.ropeFactor.contains(Double($0)) }!), "
          + "and frequencies can only be divided by numbers from "
          + "\(SizeLimit.ropeFactor.lowerBound) to \(SizeLimit.ropeFactor.upperBound)")
    }
    return values
  }
}
