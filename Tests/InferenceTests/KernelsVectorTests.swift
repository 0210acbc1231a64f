import Foundation
import TestSupport
import Testing

@testable import Inference

@Suite struct KernelsVectorTests {
  /// Applies `operation` to the same input under every instruction set and number of threads.
  private func check(
    _ input: [Float], expected: [Double], tolerance: Float,
    _ operation: (UnsafeMutablePointer<Float>, ThreadPool) -> Void
  ) {
    for pool in kernelPools {
      var output = input
      output.withUnsafeMutableBufferPointer { operation($0.baseAddress!, pool) }
      let difference = largestDifference(output, expected.map(Float.init))
      #expect(difference <= tolerance, "\(pool.instructions), \(pool.threads) threads")
    }
  }

  @Test(arguments: [1, 3, 16, 37, 96])
  func rmsNormDividesByTheRootOfTheMeanSquare(width: Int) {
    var numbers = SeededNumbers(1)
    let (x, weight) = (numbers.floats(5 * width), numbers.floats(width))
    let expected = (0..<5 * width).map { i in
      let row = x[i / width * width..<(i / width + 1) * width]
      let mean = row.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(width)
      return Double(x[i]) / (mean + 1e-5).squareRoot() * Double(weight[i % width])
    }
    check(x, expected: expected, tolerance: 2e-6) { x, pool in
      Vector.rmsNorm(
        x, weight: weight, rows: 5, width: width, epsilon: 1e-5, into: x, pool: pool)
    }
  }

  @Test(arguments: [1, 3, 16, 37, 96])
  func layerNormCentresAndScales(width: Int) {
    var numbers = SeededNumbers(2)
    let (x, weight, bias) = (
      numbers.floats(4 * width), numbers.floats(width), numbers.floats(width)
    )
    let expected = (0..<4 * width).map { i in
      let row = x[i / width * width..<(i / width + 1) * width].map(Double.init)
      let mean = row.reduce(0, +) / Double(width)
      let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
      return (Double(x[i]) - mean) / (variance + 1e-5).squareRoot() * Double(weight[i % width])
        + Double(bias[i % width])
    }
    check(x, expected: expected, tolerance: 5e-6) { x, pool in
      Vector.layerNorm(
        x, weight: weight, bias: bias, rows: 4, width: width, epsilon: 1e-5, into: x, pool: pool)
    }
  }

  @Test(arguments: [2, 16, 20, 128])
  func ropeTurnsHalfSplitPairs(headDim: Int) {
    var numbers = SeededNumbers(3)
    let (n, heads, half) = (3, 2, headDim / 2)
    let positions = [0, 7, 1023]
    let x = numbers.floats(n * heads * headDim)
    let expected = x.indices.map { i in
      let (d, position) = (i % headDim, positions[i / (heads * headDim)])
      let frequency = 1 / powf(10_000, Float(2 * (d % half)) / Float(headDim))
      let angle = Double(Float(position) * frequency)
      let other = Double(d < half ? -x[i + half] : x[i - half])
      return Double(x[i]) * cos(angle) + other * sin(angle)
    }
    let angles = RotaryAngles(
      positions: positions, headDim: headDim,
      frequencies: RotaryConfiguration(base: 10_000, dimensions: headDim).frequencies(reach: 1024))
    check(x, expected: expected, tolerance: 1e-6) { x, pool in
      Vector.rope(x, n: n, heads: heads, headDim: headDim, angles: angles, pool: pool)
    }
  }

  @Test func ropeLeavesWhatIsBehindThePairs() {
    var numbers = SeededNumbers(5)
    let x = numbers.floats(2 * 20)
    let expected = x.indices.map { i in
      let d = i % 20
      guard d < 12 else { return Double(x[i]) }
      let angle = Double(Float(9) * (0.5 - 0.05 * Float(d % 6)))
      let other = Double(d < 6 ? -x[i + 6] : x[i - 6])
      return 1.5 * (Double(x[i]) * cos(angle) + other * sin(angle))
    }
    let angles = RotaryAngles(
      positions: [9], headDim: 20, frequencies: (0..<6).map { 0.5 - 0.05 * Float($0) },
      magnitude: 1.5)
    check(x, expected: expected, tolerance: 2e-6) { x, pool in
      Vector.rope(x, n: 1, heads: 2, headDim: 20, angles: angles, pool: pool)
    }
  }

  @Test func activationsFollowTheirDefinitions() {
    let x = stride(from: Float(-30), through: 30, by: 0.037).map { $0 }
    check(x, expected: x.map { Double($0) / (1 + exp(-1.702 * Double($0))) }, tolerance: 4e-6) {
      Vector.quickGELU($0, count: x.count, into: $0, pool: $1)
    }
    check(
      x,
      expected: x.map { x in
        let x = Double(x)
        return x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x))) / 2
      }, tolerance: 4e-6
    ) { Vector.tanhGELU($0, count: x.count, into: $0, pool: $1) }
    check(
      x, expected: x.map { Double($0) * (1 + erf(Double($0) / 2.0.squareRoot())) / 2 },
      tolerance: 2e-6
    ) { Vector.gelu($0, count: x.count, into: $0, pool: $1) }
    let up = x.map { 0.5 - $0 / 100 }
    check(
      x, expected: zip(x, up).map { Double($0) / (1 + exp(-Double($0))) * Double($1) },
      tolerance: 4e-6
    ) { Vector.siluMultiply(gate: $0, up: up, count: x.count, into: $0, pool: $1) }
    check(x, expected: zip(x, up).map { Double($0 + $1) }, tolerance: 0) {
      Vector.add(up, to: $0, count: x.count, pool: $1)
    }
  }

  @Test func anActivationOfHugeNumbersIsANumber() {
    let x: [Float] = [-3e38, -1e20, -1e13, 1e13, 1e20, 3e38]
    let expected = x.map { Double(max($0, 0)) }
    check(x, expected: expected, tolerance: 4) {
      Vector.tanhGELU($0, count: x.count, into: $0, pool: $1)
    }
    check(x, expected: expected, tolerance: 4) {
      Vector.quickGELU($0, count: x.count, into: $0, pool: $1)
    }
  }

  @Test(arguments: [1, 5, 16, 600])
  func softmaxAddsUpToOne(count: Int) {
    var numbers = SeededNumbers(4)
    var x = numbers.floats(count, scale: 20)
    let most = Double(x.max()!)
    let total = x.reduce(0.0) { $0 + exp(Double($1) - most) }
    let expected = x.map { Float(exp(Double($0) - most) / total) }
    let logarithm = Vector.logSumExp(x, count: count)
    #expect(abs(Double(logarithm) - most - log(total)) < 1e-5)
    #expect(Vector.softmax(&x, count: count) == logarithm)
    #expect(largestDifference(x, expected) < 1e-6)
  }

  @Test func argmaxTakesTheFirstOfEqualsAndNoNaN() {
    #expect(Vector.argmax([1, 3, 2, 3], count: 4) == 1)
    #expect(Vector.argmax([.nan, -5, -4], count: 3) == 2)
  }
}
