import CKernels
import Foundation

/// The most that this machine can do, measured: the yardstick for kernels and for the engine.
///
/// Each figure is the best of several short runs, because other programs can only make a run slower.
public struct MachineLimits: Sendable, Codable {
  /// The instruction set, as `InstructionSet` describes it.
  public let instructions: String
  /// Threads that were measured together.
  public let threads: Int
  /// Bytes per second that one thread reads from memory.
  public let readBandwidthOneThread: Double
  /// Bytes per second that all threads read together.
  public let readBandwidth: Double
  /// Products of bytes summed in 32 bits, operations per second (two per product), all threads.
  public let byteOperations: Double
  /// f32 multiply-adds, operations per second (two each), all threads.
  public let floatOperations: Double
  /// Products of bf16 in tile registers, operations per second (two each), all threads; 0 where the
  /// instruction set has none.
  public let tileOperations: Double
  /// What OpenBLAS reaches; nil where it is not installed.
  public let openBLAS: OpenBLASReport?

  /// Measures all limits, which takes about two seconds.
  ///
  /// - Parameters:
  ///   - pool: threads and instruction set to measure.
  ///   - bandwidthBytes: memory that is read, several times the last-level cache.
  /// - Throws: `KernelError` when memory or threads run out.
  public static func measure(pool: ThreadPool, bandwidthBytes: Int = 512 << 20) throws -> Self {
    let probe = try BandwidthProbe(bytes: bandwidthBytes)
    let single = try ThreadPool(threads: 1, instructions: pool.instructions)
    return MachineLimits(
      instructions: pool.instructions.description, threads: pool.threads,
      readBandwidthOneThread: best(of: 5) { probe.read(pool: single) },
      readBandwidth: best(of: 5) { probe.read(pool: pool) },
      byteOperations: best(of: 5) { Arithmetic.bytes.rate(pool: pool) },
      floatOperations: best(of: 5) { Arithmetic.floats.rate(pool: pool) },
      tileOperations: best(of: 5) { Arithmetic.tiles.rate(pool: pool) },
      openBLAS: try OpenBLASReport.measure(threads: pool.threads))
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

/// The kinds of arithmetic that products consist of. Each has a loop that does nothing else.
enum Arithmetic: String {
  case bytes = "int8 products"
  case floats = "f32 multiply-add"
  case tiles = "bf16 tiles"

  /// Operations per second at this moment, with all threads of the pool; 0 for tiles where the
  /// instruction set has none. Takes some 20 ms.
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

  /// The arithmetic that multiplies m rows by a matrix of a type, and how many of its products each
  /// product of the matrix takes.
  static func of(_ type: ElementType, m: Int, pool: ThreadPool) -> (Arithmetic, share: Double) {
    guard ck_uses_tiles(pool.isa, type.layout!, m) == 1 else {
      return (type.isInteger ? .bytes : .floats, 1)
    }
    // Inputs are split into an upper and a lower bf16 half, and so are f16 weights (the product of
    // the lower halves is left out). Inputs of integer types are rounded to one bf16.
    return (.tiles, type == .f16 ? 3 : type == .bf16 ? 2 : 1)
  }
}

/// Reads memory that no cache holds, to measure the bandwidth at this moment: on a shared host it
/// changes by half from second to second.
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
