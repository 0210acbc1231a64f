import Foundation

/// Cosines and sines of the rotary embedding for a list of positions, computed once for all layers.
///
/// The angles are position · frequency, both factors in single precision as in the reference.
public struct RotaryAngles: Sendable {
  /// Elements of one head's vector. The first `2 * frequencies.count` of them are rotated.
  public let headDim: Int
  /// Number of positions.
  public let count: Int
  /// `[pairs]`: angle in radians by which a pair of elements is rotated from one position to the next.
  /// Element i is paired with element i + pairs.
  public let frequencies: [Float]
  /// `[count, pairs]`
  let cosines: [Float]
  /// `[count, pairs]`
  let sines: [Float]

  /// Computes the angles of a list of positions.
  ///
  /// - Parameters:
  ///   - positions: in the order of the rows that are rotated.
  ///   - frequencies: `[pairs]`, in radians.
  ///   - magnitude: the factor of cosines and sines (longrope's attention factor).
  public init(
    positions: some Collection<Int>, headDim: Int, frequencies: [Float], magnitude: Float = 1
  ) {
    precondition(2 * frequencies.count <= headDim, "pairs must lie within a head")
    var (cosines, sines) = ([Float](), [Float]())
    cosines.reserveCapacity(positions.count * frequencies.count)
    sines.reserveCapacity(positions.count * frequencies.count)
    for position in positions {
      for frequency in frequencies {
        let angle = Double(Float(position) * frequency)
        cosines.append(Float(cos(angle)) * magnitude)
        sines.append(Float(sin(angle)) * magnitude)
      }
    }
    self.headDim = headDim
    self.frequencies = frequencies
    count = positions.count
    self.cosines = cosines
    self.sines = sines
  }
}
