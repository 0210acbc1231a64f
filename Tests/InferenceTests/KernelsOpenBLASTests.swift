import CKernels
import TestSupport
import Testing

@testable import Inference

@Suite(
  .enabled(
    if: InstructionSet.available.contains(.openblas), "OpenBLAS is not installed, or no faster"))
struct KernelsOpenBLASTests {
  private func multiply(_ matrix: PackedMatrix, _ x: [Float], m: Int, pool: ThreadPool) -> [Float] {
    [Float](unsafeUninitializedCapacity: m * matrix.rows) { y, count in
      matrix.multiply(x, count: m, into: y.baseAddress!, pool: pool)
      count = m * matrix.rows
    }
  }

  /// Rows that fill no band and inputs that fill no call, beside the portable kernels.
  @Test(
    arguments: [ElementType.f32, .f16, .bf16],
    [(1, 1), (33, 96), (100, 515), (320, 1100)])
  func anyNumberOfThreadsGivesTheSameBits(
    type: ElementType, shape: (rows: Int, columns: Int)
  ) throws {
    var numbers = SeededNumbers(23)
    let (rows, columns) = shape
    let (w, bias) = (numbers.floats(rows * columns), numbers.floats(rows))
    let portable = try ThreadPool(threads: 1, instructions: .portable)
    let pools = try [1, 2, 3, 8].map { try ThreadPool(threads: $0, instructions: .openblas) }
    let matrix = try PackedMatrix(
      rows: rows, columns: columns, floats: w, as: type, bias: bias, pool: portable)
    for m in [16, 32, 71] {
      let x = numbers.floats(m * columns)
      let product = multiply(matrix, x, m: m, pool: pools[0])
      let twin = multiply(matrix, x, m: m, pool: portable)
      // 1100 products are added in another order: some 500 units in the last place of a sum of 1.
      #expect(largestDifference(product, twin) < 1e-4, "m \(m)")
      for pool in pools.dropFirst() {
        #expect(multiply(matrix, x, m: m, pool: pool) == product, "m \(m), \(pool.threads) threads")
      }
    }
  }

  /// Whichever rows are beside it, and wherever it lies in a call.
  @Test func aRowDependsOnlyOnItsInput() throws {
    var numbers = SeededNumbers(24)
    let (rows, columns, m) = (64, 700, 90)
    let pool = try ThreadPool(threads: 2, instructions: .openblas)
    let matrix = try PackedMatrix(
      rows: rows, columns: columns, floats: numbers.floats(rows * columns), as: .f32, pool: pool)
    let x = numbers.floats(m * columns)
    let together = multiply(matrix, x, m: m, pool: pool)
    for first in [1, 17, 40] {
      let later = multiply(matrix, Array(x[(first * columns)...]), m: m - first, pool: pool)
      #expect(later == Array(together[(first * rows)...]), "from row \(first)")
    }
  }

  @Test func itIsMeasuredBesideThePortableKernels() throws {
    let report = try #require(try OpenBLASReport.measure(threads: 2))
    #expect(report.core == ck_openblas_core().map { String(cString: $0) })
    #expect(report.operations > 0 && report.portableOperations > 0)
  }

  /// It stands in for the portable kernels alone.
  @Test func fasterInstructionSetsComeFirst() throws {
    let available = InstructionSet.available
    #expect(available.prefix(2) == [.portable, .openblas])
    #expect(InstructionSet.fastest == available.last)
  }
}
