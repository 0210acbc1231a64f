import TestSupport
import Testing

@testable import Inference

/// Claims about every row of `ck_types.h`; that blocks hold ggml's values is tested with its fixtures.
@Suite struct WeightTypeTests {
  @Test(arguments: ElementType.allCases)
  func namesAndNumbersAreUnique(type: ElementType) {
    #expect(ElementType(rawValue: type.rawValue) == type)
    let others = ElementType.allCases.filter { $0 != type }
    #expect(!others.contains { $0.ggufNumber == type.ggufNumber && type.ggufNumber != nil })
    #expect(!others.contains { $0.torchStorage == type.torchStorage && type.torchStorage != nil })
    #expect(type.scaleOffsets.allSatisfy { $0 >= 0 && $0 + 2 <= type.blockBytes })
    #expect(type.scaleOffsets.isEmpty == (type.blockSize == 1))
    #expect(type.matrixType.layout != nil)
  }

  @Test func unknownNamesAreNoType() {
    for name in ["", "Q4_0", "q4_2", "q4_0 "] { #expect(ElementType(rawValue: name) == nil) }
  }

  /// Whole numbers of blocks take whole numbers of bytes; everything else is refused.
  @Test(arguments: ElementType.allCases)
  func bytesAreCountedInBlocks(type: ElementType) {
    #expect(type.bytes(count: 0) == 0)
    #expect(type.bytes(count: 3 * type.blockSize) == 3 * type.blockBytes)
    #expect(type.bytes(count: -type.blockSize) == nil)
    if type.blockSize > 1 { #expect(type.bytes(count: type.blockSize + 1) == nil) }
    if type.blockBytes > type.blockSize { #expect(type.bytes(count: .max) == nil) }
  }

  @Test func halvesRoundToNearestEven() {
    var numbers = SeededNumbers(3)
    var floats = (0..<70_000).map { Float(bitPattern: UInt32($0) << 16 | 0x1000) }
    floats += numbers.floats(10_000, scale: 70_000) + numbers.floats(10_000, scale: 1e-7)
    floats.removeAll { $0.isNaN }
    // Whole vectors and what is left over take different ways.
    floats.removeLast(floats.count % 8 == 0 ? 3 : 0)
    var halves = [UInt16](repeating: 0, count: floats.count)
    ElementType.f16.encode(floats, count: floats.count, into: &halves)
    for (value, half) in zip(floats, halves) {
      #expect(half == Float16(value).bitPattern, "\(value)")
    }
  }

  @Test func brainFloatsRoundToNearestEvenAndKeepNaN() {
    let cases: [(bits: UInt32, expected: UInt16)] = [
      (0x3f80_8000, 0x3f80), (0x3f81_8000, 0x3f82), (0x3f80_8001, 0x3f81), (0xbf80_7fff, 0xbf80),
      (0x7f7f_ffff, 0x7f80), (0x7f80_0000, 0x7f80), (0x7f80_0001, 0x7fc0),
    ]
    var halves = [UInt16](repeating: 0, count: cases.count)
    ElementType.bf16.encode(
      cases.map { Float(bitPattern: $0.bits) }, count: cases.count, into: &halves)
    #expect(halves == cases.map(\.expected))
  }

  /// A value differs from what was encoded by at most a step of its block. Steps are those of 8, 4 and,
  /// with a minimum, 4 bits; scales are halves, whose smallest is 2^-24.
  @Test(arguments: ElementType.targets.filter { $0.blockSize > 1 })
  func encodedValuesAreWithinAStep(type: ElementType) {
    let extremes: [Float] = [0, -0.0, .leastNonzeroMagnitude, -0x1p-130, 6e4, -6e4, 1, -1, 1e-6]
    let steps: Float = type == .q8_0 ? 127 : 7.5
    var generator = SeededNumbers(5)
    func choice(below count: Int) -> Int { Int(abs(generator.next()) * Float(count - 1) + 0.5) }
    for _ in 0..<300 {
      let some = (0..<4).map { _ in extremes[choice(below: extremes.count)] }
      let x = (0..<256).map { _ in some[choice(below: 4)] }
      let decoded = roundTrip(x, type)
      for first in stride(from: 0, to: 256, by: type.blockSize) {
        let block = first..<first + type.blockSize
        let largest = x[block].map(abs).max()!
        let allowed = 1.1 * largest / steps + 0x1p-24 * 127
        for i in block { #expect(abs(decoded[i] - x[i]) <= allowed, "\(x[i]) in \(type)") }
      }
    }
  }

  /// Scales beyond f16 are infinite, and such blocks are refused when they are packed.
  @Test(arguments: ElementType.targets.filter { $0.blockSize > 1 })
  func blocksBeyondTheRangeOfScalesAreNotFinite(type: ElementType) {
    var x = [Float](repeating: 1, count: 256)
    x[7] = 3e38
    #expect(!roundTrip(x, type)[7].isFinite)
  }

  private func roundTrip(_ x: [Float], _ type: ElementType) -> [Float] {
    var stored = [UInt8](repeating: 0, count: type.bytes(count: x.count)!)
    type.encode(x, count: x.count, into: &stored)
    return [Float](unsafeUninitializedCapacity: x.count) { floats, count in
      type.decode(stored, count: x.count, into: floats.baseAddress!)
      count = x.count
    }
  }
}
