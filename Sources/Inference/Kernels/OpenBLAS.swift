import Foundation

/// The processor type that OpenBLAS chose, and the speed that it reaches.
public struct OpenBLASReport: Sendable, Codable {
  /// The processor type whose kernels it runs.
  public let core: String
  /// f32 matrix product, operations per second.
  public let operations: Double
}

/// OpenBLAS as a yardstick for the float kernels; the engine does not need it.
///
/// It is loaded at run time, because it reads `OPENBLAS_CORETYPE` in its constructor. Without that
/// variable the release in Debian 12 takes newer processors for a Prescott and runs ten times too slow.
struct OpenBLAS {
  private typealias Product =
    @convention(c) (
      Int32, Int32, Int32, Int32, Int32, Int32, Float, UnsafePointer<Float>, Int32,
      UnsafePointer<Float>, Int32, Float, UnsafeMutablePointer<Float>, Int32
    ) -> Void

  private let product: Product
  private let setThreads: @convention(c) (Int32) -> Void
  let core: String

  /// nil where the library is not installed. A value of `OPENBLAS_CORETYPE` that the user has set
  /// is kept.
  static func load() -> OpenBLAS? {
    switch InstructionSet.best {
    case .avx512, .amx: setenv("OPENBLAS_CORETYPE", "SkylakeX", 0)
    case .avx2, .avxvnni: setenv("OPENBLAS_CORETYPE", "Haswell", 0)
    case .portable, .neon, .dotprod, .i8mm: break
    }
    guard let library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL),
      let product = dlsym(library, "cblas_sgemm"),
      let setThreads = dlsym(library, "openblas_set_num_threads"),
      let core = dlsym(library, "openblas_get_corename")
    else { return nil }
    let name = unsafeBitCast(core, to: (@convention(c) () -> UnsafePointer<CChar>).self)
    return OpenBLAS(
      product: unsafeBitCast(product, to: Product.self),
      setThreads: unsafeBitCast(setThreads, to: (@convention(c) (Int32) -> Void).self),
      core: String(cString: name()))
  }

  /// c[m, n] = a[m, k] · b[n, k]ᵀ, all row-major.
  func multiply(
    _ a: [Float], _ b: [Float], into c: inout [Float], m: Int, n: Int, k: Int
  ) {
    let (rowMajor, asStored, transposed): (Int32, Int32, Int32) = (101, 111, 112)
    product(
      rowMajor, asStored, transposed, Int32(m), Int32(n), Int32(k), 1, a, Int32(k), b, Int32(k), 0,
      &c,
      Int32(n))
  }

  func report(threads: Int) -> OpenBLASReport {
    let side = 1024
    let a = (0..<side * side).map { Float($0 % 17) / 17 }
    var c = a
    setThreads(Int32(threads))
    let seconds = MachineLimits.fastest(of: 4) {
      multiply(a, a, into: &c, m: side, n: side, k: side)
    }
    return OpenBLASReport(core: core, operations: 2 * Double(side * side * side) / seconds)
  }
}
