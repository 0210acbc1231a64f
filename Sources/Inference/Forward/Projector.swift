/// The two linear layers between vision tower and language model: linear, GELU (erf), linear. ViP-LLaVA
/// has a layer norm in front of them.
///
/// Source: LLaVA-1.5 (arXiv 2310.03744), `mm_projector_type = mlp2x_gelu`; ViP-LLaVA (arXiv 2312.00784).
final class Projector {
  private let first: PackedMatrix
  private let second: PackedMatrix
  private let norm: (weight: [Float], bias: [Float], epsilon: Float)?
  private let pool: ThreadPool

  var bytes: Int { first.bytes + second.bytes }
  /// Width of the language model.
  var width: Int { second.rows }

  init(_ loader: WeightLoader) throws {
    pool = loader.pool
    norm = try loader.checkpoint.configuration.projectorNormEpsilon.map { epsilon in
      (try loader.vector(.projectorNormWeight), try loader.vector(.projectorNormBias), epsilon)
    }
    first = try loader.matrix(.projector1Weight, bias: .projector1Bias)
    second = try loader.matrix(.projector2Weight, bias: .projector2Bias)
  }

  /// Turns features of the vision tower into rows of the language model.
  ///
  /// - Returns: `[features.count, text width]`.
  func project(_ features: VisionFeatures) -> FloatBuffer {
    let hidden = FloatBuffer(count: features.count * first.rows)
    let projected = FloatBuffer(count: features.count * second.rows)
    normed(features).withUnsafeBufferPointer {
      first.multiply($0.baseAddress!, count: features.count, into: hidden.pointer, pool: pool)
    }
    Vector.gelu(hidden.pointer, count: hidden.count, into: hidden.pointer, pool: pool)
    second.multiply(hidden.pointer, count: features.count, into: projected.pointer, pool: pool)
    return projected
  }

  private func normed(_ features: VisionFeatures) -> [Float] {
    guard let norm else { return features.values }
    var values = features.values
    values.withUnsafeMutableBufferPointer { rows in
      Vector.layerNorm(
        rows.baseAddress!, weight: norm.weight, bias: norm.bias, rows: features.count,
        width: features.width, epsilon: norm.epsilon, into: rows.baseAddress!, pool: pool)
    }
    return values
  }
}
