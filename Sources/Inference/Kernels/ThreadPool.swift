import Basics
import CKernels
import Foundation

/// The instruction sets that the kernels are built for, slower ones first.
public enum InstructionSet: Int32, Sendable, CaseIterable, CustomStringConvertible {
  case portable, openblas, avx2, avxvnni, avx512, amx, neon, dotprod, i8mm

  /// The instruction sets of this processor, the fastest last. Asking for all of them loads OpenBLAS.
  public static let available = allCases.filter(\.isAvailable)

  /// The fastest of this processor. OpenBLAS is loaded only where nothing faster is there.
  static let fastest = allCases.last(where: \.isAvailable) ?? .portable

  /// The one that the environment variable `CK_ISA` names, if this machine has it, or else the
  /// fastest.
  public static let best = (try? named(requested)) ?? fastest

  /// The value of `CK_ISA`.
  static let requested = ProcessInfo.processInfo.environment["CK_ISA"]

  /// The instruction set of that name; for nil and for an empty name, the fastest of this processor.
  ///
  /// - Throws: `KernelError.unavailableInstructions` when this processor has none of that name.
  static func named(_ name: String?) throws(KernelError) -> InstructionSet {
    guard let name, !name.isEmpty else { return fastest }
    guard let set = allCases.first(where: { $0.description == name }), set.isAvailable else {
      throw .unavailableInstructions(
        name: name, isKnown: allCases.contains { $0.description == name },
        available: available.map(\.description))
    }
    return set
  }

  private var isAvailable: Bool { ck_isa_available(rawValue) == 1 }

  /// The name that `CK_ISA` takes.
  public var description: String { String(cString: ck_isa_name(rawValue)) }
}

/// A team of threads for fork-join, and the instruction set that its work uses.
///
/// One job runs at a time: a job that is started inside another, or by a second thread, is run by its
/// caller alone. How work is split over threads never changes a result.
public final class ThreadPool: @unchecked Sendable {  // the team is thread-safe, the rest constant
  /// Threads of the team, the calling thread included.
  public let threads: Int
  /// The instruction set that all kernels in this pool use.
  public let instructions: InstructionSet
  private let team: OpaquePointer

  /// Microseconds that a worker waits for the next job before it sleeps: on virtual machines with two
  /// cores, waiting longer takes time from the other thread. Where there are more threads than cores,
  /// none waits (`ck_team_create`).
  private static let waiting: Int32 = 50

  /// Starts the threads.
  ///
  /// - Parameters:
  ///   - threads: their number, the calling thread included; nil takes as many as the process may
  ///     use.
  ///   - instructions: nil takes what `CK_ISA` names, or else the best of this processor.
  /// - Throws: `KernelError` when the threads cannot be started, or `CK_ISA` names no instruction set
  ///   of this processor.
  public init(threads: Int? = nil, instructions: InstructionSet? = nil) throws(KernelError) {
    let chosen =
      if let instructions { instructions } else {
        try InstructionSet.named(InstructionSet.requested)
      }
    let count = max(1, threads ?? Int(ck_cpu_count()))
    guard let team = ck_team_create(Int32(count), Self.waiting) else {
      throw Self.startError(count, code: errno)
    }
    self.threads = count
    self.instructions = chosen
    self.team = team
  }

  /// Why threads were not started. The system reports EAGAIN for a lack of memory, too, so the
  /// limits tell the causes apart.
  private static func startError(_ count: Int, code: Int32) -> KernelError {
    var stack = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_STACK.rawValue), &stack)
    let bytes = stack.rlim_cur == .max ? 8 << 20 : Int(clamping: stack.rlim_cur)
    if let available = AvailableMemory.measured(), available.bytes < count * bytes {
      return .noMemoryForThreads(count: count, available)
    }
    return .threadsNotStarted(count: count, reason: systemReason(code))
  }

  deinit { ck_team_destroy(team) }

  var isa: ck_isa { instructions.rawValue }

  /// Runs `body(0)` to `body(chunks - 1)`, in any order, and returns when all are done.
  public func parallel(_ chunks: Int, _ body: (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: body) { pointer in
        ck_team_run(
          team,
          { context, chunk in
            context!.assumingMemoryBound(to: ((Int) -> Void).self).pointee(Int(chunk))
          }, UnsafeMutableRawPointer(mutating: pointer), Int32(chunks))
      }
    }
  }

  /// The chunks of a job that a thread takes first, in order; without any left it takes those at the
  /// ends of others' spans.
  static func span(of thread: Int, chunks: Int, threads: Int) -> Range<Int> {
    let (chunks, threads) = (Int32(chunks), Int32(threads))
    return Int(
      ck_team_span(chunks, threads, Int32(thread)))..<Int(
        ck_team_span(chunks, threads, Int32(thread + 1)))
  }

  /// Cuts `0..<count` into ranges and runs `body` on each. Every range begins at a multiple of
  /// `grain` and holds at least `grain` numbers, except the last.
  ///
  /// There are many ranges for each thread, so that all threads finish together: one whose core is
  /// shared with another program takes fewer ranges.
  public func parallel(count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    let units = (count + grain - 1) / grain
    let chunks = threads == 1 ? min(units, 1) : min(units, threads * 32)
    parallel(chunks) { chunk in
      let first = units * chunk / chunks * grain
      let last = min(count, units * (chunk + 1) / chunks * grain)
      body(first..<last)
    }
  }
}
