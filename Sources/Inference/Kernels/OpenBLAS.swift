import CKernels

/// What OpenBLAS reaches here, and how much faster it is than the portable kernels that it stands in
/// for (`InstructionSet.openblas`).
public struct OpenBLASReport: Sendable, Codable {
  /// The processor type whose kernels it runs, as it names it.
  public let core: String
  /// f32 matrix product, operations per second, all threads.
  public let operations: Double
  /// The same of the portable kernels.
  public let portableOperations: Double

  /// How many times faster OpenBLAS is than the portable kernels.
  public var factor: Double { operations / portableOperations }

  /// Measures products of f32 matrices; nil where OpenBLAS is not installed.
  ///
  /// - Throws: `KernelError` when memory or threads run out.
  static func measure(threads: Int) throws(KernelError) -> OpenBLASReport? {
    guard let core = ck_openblas_core() else { return nil }
    return OpenBLASReport(
      core: String(cString: core), operations: try rate(of: .openblas, threads: threads),
      portableOperations: try rate(of: .portable, threads: threads))
  }

  private static func rate(of set: InstructionSet, threads: Int) throws(KernelError) -> Double {
    let (m, side) = (256, 1024)
    let pool = try ThreadPool(threads: threads, instructions: set)
    let numbers = (0..<side * side).map { Float($0 % 17) / 17 }
    let matrix = try PackedMatrix(
      rows: side, columns: side, floats: numbers, as: .f32, pool: pool)
    var product = [Float](repeating: 0, count: m * side)
    let seconds = MachineLimits.fastest(of: 4) {
      matrix.multiply(numbers, count: m, into: &product, pool: pool)
    }
    return 2 * Double(m * side * side) / seconds
  }
}
