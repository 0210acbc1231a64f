import CKernels
import Foundation

/// What this machine can do at most, measured, to hold kernels and engine figures against.
///
/// Each figure is the best of several short runs: other programs can only make a run slower.
public struct MachineLimits: Sendable, Codable {
  public let instructions: String
  public let threads: Int
  /// Bytes per second read from memory by one thread, and by all.
  public let readBandwidthOneThread: Double
  public let readBandwidth: Double
  /// Products of bytes summed in 32 bits, operations per second (two per product), all threads.
  public let byteOperations: Double
  /// f32 multiply-adds, operations per second (two each), all threads.
  public let floatOperations: Double
  /// nil where the library is not installed.
  public let openBLAS: OpenBLASReport?

  /// Takes about two seconds and `bandwidthBytes` of memory, which should be several times the last
  /// level cache.
  public static func measure(pool: ThreadPool, bandwidthBytes: Int = 512 << 20) throws -> Self {
    let probe = try BandwidthProbe(bytes: bandwidthBytes)
    let single = ThreadPool(threads: 1, instructions: pool.instructions)
    return MachineLimits(
      instructions: pool.instructions.description, threads: pool.threads,
      readBandwidthOneThread: best(of: 5) { probe.read(pool: single) },
      readBandwidth: best(of: 5) { probe.read(pool: pool) },
      byteOperations: rate(pool: pool, rounds: 1_000_000, ck_byte_operations),
      floatOperations: rate(pool: pool, rounds: 500_000, ck_float_operations),
      openBLAS: OpenBLAS.load()?.report(threads: pool.threads))
  }

  private static func best(of runs: Int, _ rate: () -> Double) -> Double {
    (0..<runs).map { _ in rate() }.max()!
  }

  private static func rate(
    pool: ThreadPool, rounds: Int, _ operations: (ck_isa, Int) -> Double
  ) -> Double {
    let chunks = pool.threads * 8
    let perChunk = operations(pool.isa, 1) * Double(rounds / 8)
    let seconds = fastest(of: 5) {
      pool.parallel(chunks) { _ in _ = operations(pool.isa, rounds / 8) }
    }
    return perChunk * Double(chunks) / seconds
  }

  /// Seconds of the fastest of several runs.
  static func fastest(of runs: Int, _ body: () -> Void) -> Double {
    let clock = ContinuousClock()
    let durations = (0..<runs).map { _ in clock.measure(body) }
    return durations.min()! / .seconds(1)
  }
}

/// Reads memory that no cache holds, to see what bandwidth there is at this moment: on a shared host
/// it changes by half from second to second.
struct BandwidthProbe {
  private let memory: HugeMemory

  /// - Parameter bytes: several times the last level cache.
  init(bytes: Int = 512 << 20) throws(KernelError) {
    memory = try HugeMemory(count: bytes)
    memset(memory.start, 1, memory.count)
  }

  /// Bytes per second of one pass with all threads of the pool.
  func read(pool: ThreadPool) -> Double {
    let chunks = pool.threads * 16
    let chunkBytes = memory.count / chunks / 256 * 256
    let seconds = MachineLimits.fastest(of: 1) {
      pool.parallel(chunks) { chunk in
        _ = ck_read_memory(pool.isa, memory.start + chunk * chunkBytes, chunkBytes)
      }
    }
    return Double(chunks * chunkBytes) / seconds
  }
}

/// What OpenBLAS says and reaches.
public struct OpenBLASReport: Sendable, Codable {
  /// The processor type whose kernels it runs.
  public let core: String
  /// f32 matrix product, operations per second.
  public let operations: Double
}

/// OpenBLAS as a yardstick for the float kernels; the engine does not need it.
///
/// Loaded at run time: it reads `OPENBLAS_CORETYPE` in its constructor, and without it the release
/// in Debian 12 takes newer processors for a Prescott and runs ten times too slow.
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
    case .avx512: setenv("OPENBLAS_CORETYPE", "SkylakeX", 0)
    case .avx2: setenv("OPENBLAS_CORETYPE", "Haswell", 0)
    case .portable: break
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
    let (rowMajor, asStored, turned): (Int32, Int32, Int32) = (101, 111, 112)
    product(
      rowMajor, asStored, turned, Int32(m), Int32(n), Int32(k), 1, a, Int32(k), b, Int32(k), 0, &c,
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
