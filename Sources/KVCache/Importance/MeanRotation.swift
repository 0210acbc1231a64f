import Foundation

/// The mean of rotary embedding's rotations over a range of positions. A query that may stand at
/// any of them is rotated by this mean. It becomes shorter, too, because rotations by different
/// angles cancel each other.
struct MeanRotation {
  /// `[pairs]`: the mean cosine for elements i and i + pairs. Elements from 2 * pairs on, if any,
  /// are not rotated.
  let cosines: [Float]
  /// `[pairs]`: the mean sine.
  let sines: [Float]

  /// - Parameter frequencies: `[pairs]`: angle in radians from one position to the next.
  init(_ frequencies: [Float], from first: Int, count: Int) {
    func mean(_ function: (Double) -> Double) -> [Float] {
      frequencies.map { frequency in
        let sum = (first..<first + count).reduce(0) {
          $0 + function(Double($1) * Double(frequency))
        }
        return Float(sum / Double(count))
      }
    }
    cosines = mean(cos)
    sines = mean(sin)
  }

  /// The rotated vector, `[headDim]`.
  func rotated(_ vector: some Collection<Float>) -> [Float] {
    let vector = Array(vector)
    let pairs = cosines.count
    return vector.indices.map { index in
      switch index {
      case ..<pairs: cosines[index] * vector[index] - sines[index] * vector[index + pairs]
      case ..<(2 * pairs):
        sines[index - pairs] * vector[index - pairs] + cosines[index - pairs] * vector[index]
      default: vector[index]
      }
    }
  }

  /// `R C Rᵀ` of a symmetric C, `[headDim, headDim]`.
  func rotated(covariance: [Float]) -> [Float] {
    let width = Int(Double(covariance.count).squareRoot())
    func rotatedRows(_ matrix: [Float]) -> [Float] {
      (0..<width).flatMap { rotated(matrix[$0 * width..<($0 + 1) * width]) }
    }
    func transposed(_ matrix: [Float]) -> [Float] {
      (0..<width * width).map { matrix[$0 % width * width + $0 / width] }
    }
    // Rotating the rows of C gives C Rᵀ; rotating those of its transpose gives (R C Rᵀ)ᵀ, symmetric.
    return rotatedRows(transposed(rotatedRows(covariance)))
  }
}
