import Foundation

/// The mean of rotary embedding's rotations over a range of positions: what a query that may stand at
/// any of them is turned by. It also shortens: turns by different angles cancel each other.
struct MeanRotation {
  /// `[headDim / 2]`: of the pair of elements i and i + headDim / 2.
  let cosines: [Float]
  let sines: [Float]

  /// - Parameter frequencies: `[headDim / 2]`: angle in radians from one position to the next.
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

  /// `[headDim]`
  func rotated(_ vector: some Collection<Float>) -> [Float] {
    let vector = Array(vector)
    let half = cosines.count
    return vector.indices.map { index in
      let pair = index % half
      return index < half
        ? cosines[pair] * vector[index] - sines[pair] * vector[index + half]
        : sines[pair] * vector[index - half] + cosines[pair] * vector[index]
    }
  }

  /// `R C Rᵀ` of a symmetric C, `[headDim, headDim]`.
  func rotated(covariance: [Float]) -> [Float] {
    let width = 2 * cosines.count
    func turnedRows(_ matrix: [Float]) -> [Float] {
      (0..<width).flatMap { rotated(matrix[$0 * width..<($0 + 1) * width]) }
    }
    func transposed(_ matrix: [Float]) -> [Float] {
      (0..<width * width).map { matrix[$0 % width * width + $0 / width] }
    }
    // The rows of C turned are C Rᵀ; the rows of its transpose turned are (R C Rᵀ)ᵀ, symmetric.
    return turnedRows(transposed(turnedRows(covariance)))
  }
}
