/// The two linear layers between vision tower and language model: linear, GELU (erf), linear.
///
/// Source: LLaVA-1.5 (arXiv 2310.03744), `mm_projector_type = mlp2x_gelu`.
final class Projector {
  private let first: PackedMatrix
  private let second: PackedMatrix
  private let pool: ThreadPool

  var bytes: Int { first.bytes + second.bytes }
  /// Width of the language model.
  var width: Int { second.rows }

  init(_ loader: WeightLoader) throws {
    pool = loader.pool
    first = try loader.matrix(.projector1Weight, bias: .projector1Bias)
    second = try loader.matrix(.projector2Weight, bias: .projector2Bias)
  }

  /// - Returns: `[patches, text width]`, one row for each image token.
  func project(_ features: VisionFeatures) -> FloatBuffer {
    let hidden = FloatBuffer(count: features.patches * first.rows)
    let projected = FloatBuffer(count: features.patches * second.rows)
    features.values.withUnsafeBufferPointer {
      first.multiply($0.baseAddress!, count: features.patches, into: hidden.pointer, pool: pool)
    }
    Vector.gelu(hidden.pointer, count: hidden.count, pool: pool)
    second.multiply(hidden.pointer, count: features.patches, into: projected.pointer, pool: pool)
    return projected
  }
}
