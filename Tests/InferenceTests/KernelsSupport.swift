import Testing

@testable import Inference

/// Repeatable numbers: xorshift with a fixed seed.
struct SeededNumbers {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next() -> Float {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Float(Int32(truncatingIfNeeded: state >> 32)) / Float(Int32.max)
  }

  mutating func floats(_ count: Int, scale: Float = 1) -> [Float] {
    (0..<count).map { _ in next() * scale }
  }
}

/// Largest absolute difference, or infinity where a value is no number.
func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
  guard a.count == b.count else { return .infinity }
  return zip(a, b).reduce(0) { largest, pair in
    let difference = abs(pair.0 - pair.1)
    return difference.isNaN ? .infinity : max(largest, difference)
  }
}

/// Every instruction set of this machine, with one and with three threads.
let kernelPools: [ThreadPool] = InstructionSet.available.flatMap { set in
  [ThreadPool(threads: 1, instructions: set), ThreadPool(threads: 3, instructions: set)]
}
