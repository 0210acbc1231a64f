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

  @Test(.enabled(if: OpenBLAS.load() != nil, "OpenBLAS is not installed"))
  func openBLASAgreesWithTheFloatKernels() throws {
    let blas = try #require(OpenBLAS.load())
    var numbers = SeededNumbers(16)
    let (m, n, k) = (9, 45, 70)
    let (x, w) = (numbers.floats(m * k), numbers.floats(n * k))
    var (y, reference) = ([Float](repeating: 0, count: m * n), [Float](repeating: 0, count: m * n))
    let matrix = try PackedMatrix(rows: n, columns: k, floats: w, as: .f32, pool: kernelPools[0])
    matrix.multiply(x, count: m, into: &y, pool: kernelPools[0])
    blas.multiply(x, w, into: &reference, m: m, n: n, k: k)
    #expect(largestDifference(y, reference) < 1e-5)
    #expect(!blas.core.isEmpty)
  }
}
