import Foundation

extension RotaryConfiguration {
  /// Reads `rope_theta` with `rope_scaling` beside it, or the one object `rope_parameters` that
  /// transformers 5 writes in their place.
  ///
  /// - Throws: `WeightError` naming the key when a number is out of range, and for kinds of scaling
  ///   that are not implemented (yarn, dynamic and others).
  init(
    _ section: ConfigurationFile, base fallback: Double, headDim: Int, context: Int
  ) throws(WeightError) {
    let key = section.has("rope_parameters") ? "rope_parameters" : "rope_scaling"
    let rotary = try section.section(key)
    guard !rotary.holdsObjects else {
      throw section.unsupported(key, "gives kinds of layers frequencies of their own")
    }
    let older = try section.number("rope_theta", default: fallback, in: SizeLimit.ropeBase)
    base = try rotary.number("rope_theta", default: older, in: SizeLimit.ropeBase)
    dimensions = try Self.dimensions(section, rotary, headDim: headDim)
    let kind = try rotary.string(
      "rope_type", default: try rotary.string("type", default: "default"))
    switch kind {
    case "default": break
    case "linear":
      scaling = .linear(factor: try rotary.positive("factor", in: SizeLimit.ropeFactor))
    case "llama3": scaling = try Self.llama3(rotary)
    case "longrope", "su":
      (scaling, magnitude) = try Self.longrope(
        section, rotary, pairs: dimensions / 2, context: context)
    default:
      throw section.unsupported(
        key,
        "has the type '\(kind)'; available: 'default', 'linear', 'llama3', 'longrope'")
    }
  }

  /// Only a part of a head's values may be rotated (`partial_rotary_factor`, in either place).
  private static func dimensions(
    _ section: ConfigurationFile, _ rotary: ConfigurationFile, headDim: Int
  ) throws(WeightError) -> Int {
    let key = "partial_rotary_factor"
    let place = rotary.has(key) ? rotary : section
    let share = try place.number(key, default: 1, in: 0...1)
    let dimensions = Int(Double(headDim) * share)
    guard dimensions >= 2, dimensions % 2 == 0 else {
      throw place.invalid(
        key, expected: "a share of the \(headDim) values of a head that is an even number of them")
    }
    return dimensions
  }

  private static func llama3(_ rotary: ConfigurationFile) throws(WeightError) -> Scaling {
    let low = try rotary.positive("low_freq_factor", in: SizeLimit.ropeFactor)
    let high = try rotary.positive("high_freq_factor", in: SizeLimit.ropeFactor)
    guard low < high else {
      throw rotary.invalid("high_freq_factor", expected: "more than low_freq_factor, \(low)")
    }
    return .llama3(
      factor: try rotary.positive("factor", in: SizeLimit.ropeFactor), low: low, high: high,
      original: try rotary.integer("original_max_position_embeddings", in: SizeLimit.context))
  }

  private static func longrope(
    _ section: ConfigurationFile, _ rotary: ConfigurationFile, pairs: Int, context: Int
  ) throws(WeightError) -> (Scaling, magnitude: Float) {
    // Separate magnitudes for short and long sequences (Phi-3.5-MoE) are not implemented.
    try rotary.refuse([UnsupportedKey(name: "short_mscale"), UnsupportedKey(name: "long_mscale")])
    let key = "original_max_position_embeddings"
    let place = rotary.has(key) ? rotary : section
    let original = try place.integer(key, default: context, in: 2...SizeLimit.context.upperBound)
    // Without that key, the context is the original one, and a factor says how far it is stretched.
    let stretch =
      place.has(key)
      ? Double(context) / Double(original)
      : try rotary.number("factor", default: 1, in: SizeLimit.ropeFactor)
    let usual = stretch <= 1 ? 1 : (1 + log(stretch) / log(Double(original))).squareRoot()
    return (
      .longrope(
        short: try rotary.divisors("short_factor", count: pairs),
        long: try rotary.divisors("long_factor", count: pairs), original: original),
      Float(try rotary.number("attention_factor", default: usual, in: SizeLimit.ropeFactor))
    )
  }
}

extension ConfigurationFile {
  /// The number at `key`, which must be there.
  fileprivate func positive(
    _ key: String, in range: ClosedRange<Double>
  ) throws(WeightError) -> Double {
    guard has(key) else {
      throw invalid(key, expected: "a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return try number(key, default: 1, in: range)
  }

  /// The divisor of each pair's frequency.
  fileprivate func divisors(_ key: String, count: Int) throws(WeightError) -> [Float] {
    let numbers = try numbers(key, count: count)
    guard let numbers, numbers.allSatisfy(SizeLimit.ropeFactor.contains) else {
      let range = SizeLimit.ropeFactor
      throw invalid(
        key, expected: "\(count) numbers from \(range.lowerBound) to \(range.upperBound)")
    }
    return numbers.map { Float($0) }
  }
}
