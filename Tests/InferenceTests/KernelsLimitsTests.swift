import TestSupport
import Testing

@testable import Inference

@Suite struct KernelsLimitsTests {
  @Test(arguments: InstructionSet.available)
  func limitsAreMeasured(set: InstructionSet) throws {
    let pool = try ThreadPool(threads: 2, instructions: set)
    let limits = try MachineLimits.measure(pool: pool, bandwidthBytes: 1 << 20)
    #expect(limits.instructions == set.description)
    #expect(limits.readBandwidth > 0 && limits.readBandwidthOneThread > 0)
    #expect(limits.byteOperations > 0 && limits.floatOperations > 0)
    #expect((limits.tileOperations > 0) == (set == .amx))
  }
}
