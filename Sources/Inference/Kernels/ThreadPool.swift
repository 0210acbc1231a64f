import CKernels

/// The instruction sets that the kernels are built for.
public enum InstructionSet: Int32, Sendable, CaseIterable, CustomStringConvertible {
  case portable, avx2, avx512, amx

  /// The best of this processor, or the one that the environment variable `CK_ISA` names.
  public static let best = InstructionSet(rawValue: ck_isa_best()) ?? .portable

  public static var available: [InstructionSet] {
    allCases.filter { ck_isa_available($0.rawValue) == 1 }
  }

  public var description: String { String(cString: ck_isa_name(rawValue)) }
}

/// A team of threads for fork-join, and the instruction set that its work uses.
///
/// One job runs at a time; a job started from inside another or from a second thread is run by its
/// caller alone. How work is split over threads never changes a result.
public final class ThreadPool: @unchecked Sendable {  // the team is thread-safe, the rest constant
  public let threads: Int
  public let instructions: InstructionSet
  private let team: OpaquePointer

  /// - Parameter threads: the calling thread included; nil: as many as the process may use.
  public init(threads: Int? = nil, instructions: InstructionSet = .best) {
    let count = max(1, threads ?? Int(ck_cpu_count()))
    guard let team = ck_team_create(Int32(count), 50) else {
      preconditionFailure("\(count) threads could not be started; a smaller number may work")
    }
    self.threads = count
    self.instructions = instructions
    self.team = team
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

  /// Cuts `0..<count` into ranges of at least `grain` and runs `body` on each.
  ///
  /// Many ranges for each thread, so that all end together, and one whose core is shared with another
  /// program takes fewer of them. A range starts at a multiple of `grain`.
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
