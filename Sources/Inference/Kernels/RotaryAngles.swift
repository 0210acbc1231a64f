import Foundation

/// Cosines and sines of the rotary embedding for a list of positions, computed once for all layers.
///
/// The angles are position · base^(-2i / headDim), both factors in single precision as in the reference.
public struct RotaryAngles: Sendable {
  /// Numbers of a head; half as many pairs are rotated.
  public let headDim: Int
  /// Number of positions.
  public let count: Int
  /// `[count, headDim / 2]`
  let cosines: [Float]
  /// `[count, headDim / 2]`
  let sines: [Float]

  /// - Parameter base: the model's rotary base, for example 10000.
  public init(positions: some Collection<Int>, headDim: Int, base: Float) {
    let half = headDim / 2
    let frequencies = Self.frequencies(headDim: headDim, base: base)
    var (cosines, sines) = ([Float](), [Float]())
    cosines.reserveCapacity(positions.count * half)
    sines.reserveCapacity(positions.count * half)
    for position in positions {
      for frequency in frequencies {
        let angle = Double(Float(position) * frequency)
        cosines.append(Float(cos(angle)))
        sines.append(Float(sin(angle)))
      }
    }
    self.headDim = headDim
    count = positions.count
    self.cosines = cosines
    self.sines = sines
  }

  /// `[headDim / 2]`: angle in radians by which a pair of elements is rotated from one position to the
  /// next.
  static func frequencies(headDim: Int, base: Float) -> [Float] {
    (0..<headDim / 2).map { 1 / pow(base, Float(2 * $0) / Float(headDim)) }
  }
}
