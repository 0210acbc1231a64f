import Foundation
import TestSupport
import Testing

@testable import KVCache

/// Heads of which only a part is rotated.
@Suite struct MeanRotationTests {
  /// One pair of elements that are rotated by a quarter at position 1, and two that are not.
  private let quarter = MeanRotation([.pi / 2], from: 1, count: 1)

  @Test func elementsBehindThePairsStay() {
    expectClose(quarter.rotated([1, 2, 3, 4]), [-2, 1, 3, 4], absolute: 1e-6, "rotated")
  }

  @Test func aCovarianceIsRotatedOnBothSides() {
    // R maps the first element to the second and the second to minus the first.
    let covariance: [Float] = [
      1, 2, 3, 4,
      2, 5, 6, 7,
      3, 6, 8, 9,
      4, 7, 9, 10,
    ]
    expectClose(
      quarter.rotated(covariance: covariance),
      [
        5, -2, -6, -7,
        -2, 1, 3, 4,
        -6, 3, 8, 9,
        -7, 4, 9, 10,
      ], absolute: 1e-5, "R C Rᵀ")
  }
}
