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
  /// Products of bf16 in tile registers, operations per second (two each), all threads; 0 where the
  /// instruction set has none.
  public let tileOperations: Double
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
      byteOperations: best(of: 5) { Arithmetic.bytes.rate(pool: pool) },
      floatOperations: best(of: 5) { Arithmetic.floats.rate(pool: pool) },
      tileOperations: best(of: 5) { Arithmetic.tiles.rate(pool: pool) },
      openBLAS: OpenBLAS.load()?.report(threads: pool.threads))
  }

  private static func best(of runs: Int, _ rate: () -> Double) -> Double {
    (0..<runs).map { _ in rate() }.max()!
  }

  /// Seconds of the fastest of several runs.
  static func fastest(of runs: Int, _ body: () -> Void) -> Double {
    let clock = ContinuousClock()
    let durations = (0..<runs).map { _ in clock.measure(body) }
    return durations.min()! / .seconds(1)
  }
}

/// The arithmetic that products are made of, each with a loop that does nothing else.
enum Arithmetic: String {
  case bytes = "int8 products"
  case floats = "f32 multiply-add"
  case tiles = "bf16 tiles"

  /// Operations per second at this moment, with all threads of the pool; 0 where the instruction set
  /// has no tiles. Takes some 20 ms.
  func rate(pool: ThreadPool) -> Double {
    let (rounds, operations): (Int, (ck_isa, Int) -> Double) =
      switch self {
      case .bytes: (60_000, ck_byte_operations)
      case .floats: (60_000, ck_float_operations)
      case .tiles: (30_000, ck_tile_operations)
      }
    let chunks = pool.threads * 16
    let perChunk = operations(pool.isa, rounds)
    guard perChunk > 0 else { return 0 }
    let seconds = MachineLimits.fastest(of: 1) {
      pool.parallel(chunks) { _ in _ = operations(pool.isa, rounds) }
    }
    return perChunk * Double(chunks) / seconds
  }

  /// What m rows are multiplied with matrices of a type in, and how many products there stand for one
  /// of the matrix.
  static func of(_ type: MatrixType, m: Int, pool: ThreadPool) -> (Arithmetic, share: Double) {
    guard ck_uses_tiles(pool.isa, type.packed, m) == 1 else {
      return (type.isInteger ? .bytes : .floats, 1)
    }
    // Upper and lower halves of the inputs, and of f16's weights.
    return (.tiles, type == .f16 ? 3 : type == .bf16 ? 2 : 1)
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
    case .avx512, .amx: setenv("OPENBLAS_CORETYPE", "SkylakeX", 0)
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
