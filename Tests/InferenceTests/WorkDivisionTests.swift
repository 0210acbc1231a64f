import CKernels
import KVCache
import Testing

@testable import Inference

/// Divisions for more threads than there are here, played through.
@Suite struct WorkDivisionTests {
  /// Rows of LLaMA-7B's matrices: the products of one call, and whether it is a gate and its matrix.
  private static let calls: [(name: String, rows: [Int], isGated: Bool)] = [
    ("query, key and value", [4096, 4096, 4096], false), ("output and down", [4096], false),
    ("gate and up", [11008], true), ("head", [32000], false),
  ]
  private static let threads = [4, 5, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 36, 40, 48, 56, 60, 64]

  private func division(
    _ rows: [Int], isGated: Bool, inputs m: Int, threads: Int, _ set: InstructionSet
  ) -> WorkDivision {
    let (isa, layout) = (set.rawValue, ElementType.q4_0.layout!)
    return WorkDivision(
      bands: rows.map { ($0 + PackedMatrix.bandRows - 1) / PackedMatrix.bandRows }, inputs: m,
      block: (most: ck_block_rows(isa, layout, m), unit: ck_block_unit(isa, layout, m)),
      together: ck_bands_at_once(isa, layout, m) / (isGated ? 2 : 1), threads: threads)
  }

  /// `[threads]`: bands times rows that each thread computes when all of them are equally fast: each
  /// takes its own tasks in order, and without any left the last one of another.
  private func shares(_ division: WorkDivision, threads: Int) -> [Int] {
    var spans = (0..<threads).map {
      ThreadPool.span(of: $0, chunks: division.tasks, threads: threads)
    }
    var work = [Int](repeating: 0, count: threads)
    while spans.contains(where: { !$0.isEmpty }) {
      // The first of those that have done least is free next.
      let thread = work.indices.min { work[$0] < work[$1] }!
      let from = (thread..<thread + threads).map { $0 % threads }.first { !spans[$0].isEmpty }!
      let task = from == thread ? spans[from].lowerBound : spans[from].upperBound - 1
      spans[from] =
        from == thread
        ? task + 1..<spans[from].upperBound : spans[from].lowerBound..<task
      division.forEachPiece(of: task) { work[thread] += $1.count * $2.count }
    }
    return work
  }

  @Test(arguments: [640, 2048])
  func noThreadHasMuchMoreOfAPromptThanOthers(inputs: Int) {
    for set in InstructionSet.allCases {
      for call in Self.calls.dropLast() {
        for threads in Self.threads {
          let division = division(
            call.rows, isGated: call.isGated, inputs: inputs, threads: threads, set)
          let work = shares(division, threads: threads)
          let mean = Double(work.reduce(0, +)) / Double(threads)
          #expect(
            Double(work.max()!) <= 1.05 * mean, "\(call.name), \(threads) threads, \(set)")
        }
      }
    }
  }

  @Test func noThreadHasAStripMoreOfATokenThanOthers() {
    for set in InstructionSet.allCases {
      for inputs in [1, 5, 11] {
        for call in Self.calls {
          for threads in Self.threads {
            let division = division(
              call.rows, isGated: call.isGated, inputs: inputs, threads: threads, set)
            let strips = shares(division, threads: threads).map { $0 / inputs }
            let mean = Double(strips.reduce(0, +)) / Double(threads)
            #expect(
              Double(strips.max()!) <= mean + 1,
              "\(call.name), \(inputs) inputs, \(threads) threads, \(set)")
          }
        }
      }
    }
  }

  @Test func everyBandMeetsEveryRowOnce() {
    for (bands, inputs, unit, most, together) in [
      ([1], 1, 8, 1, 1), ([3, 1, 7], 5, 8, 5, 1), ([128, 2, 44], 641, 8, 641, 1),
      ([344], 640, 32, 320, 8), ([5, 5, 5], 2048, 32, 320, 16), ([1], 640, 8, 640, 1),
    ] {
      for threads in [1, 2, 3, 7, 64] {
        let division = WorkDivision(
          bands: bands, inputs: inputs, block: (most, unit), together: together, threads: threads)
        var counts = bands.map { [Int](repeating: 0, count: $0 * inputs) }
        for task in 0..<division.tasks {
          division.forEachPiece(of: task) { product, bands, rows in
            // A block of one row is multiplied otherwise.
            #expect(rows.count > 1 || inputs == 1)
            for band in bands { for row in rows { counts[product][band * inputs + row] += 1 } }
          }
        }
        #expect(counts.allSatisfy { $0.allSatisfy { $0 == 1 } }, "\(bands), \(threads) threads")
      }
    }
  }

  /// Two threads compute as before there was a division for more: blocks are not cut further.
  @Test func inputsAreCutOnlyWhereThatEvensTheWork() {
    let amx = InstructionSet.amx
    for threads in [1, 2, 4, 8, 16, 32] {
      let division = division(
        [4096], isGated: false, inputs: 640, threads: threads, amx)
      #expect(
        division.blocks == (640 + ck_block_rows(amx.rawValue, ElementType.q4_0.layout!, 640) - 1)
          / ck_block_rows(amx.rawValue, ElementType.q4_0.layout!, 640))
    }
  }

  /// What a thread packs is what it reads when a token is decoded.
  @Test(arguments: [2, 3, 8, 48])
  func threadsReadTheBandsThatTheyPacked(threads: Int) {
    let bands = [128, 128, 43]
    let division = WorkDivision(
      bands: bands, inputs: 1, block: (1, 1), together: 1, threads: threads)
    var strays = 0
    for thread in 0..<threads {
      for task in ThreadPool.span(of: thread, chunks: division.tasks, threads: threads) {
        division.forEachPiece(of: task) { product, run, _ in
          let packed =
            bands[product] * thread / threads..<bands[product] * (thread + 1) / threads
          strays += run.count { !packed.contains($0) }
        }
      }
    }
    // Shares are whole bands, so that a few at their borders are another thread's.
    #expect(strays <= threads * bands.count)
    #expect(strays <= bands.reduce(0, +) / 4)
  }

  /// More threads than this machine has, and more than some matrices have bands.
  @Test(arguments: [ElementType.f16, .q4_0])
  func aModelsNumbersDoNotDependOnItsThreads(type: ElementType) throws {
    func numbers(_ threads: Int) throws -> [Float] {
      let model = try LlavaModel(
        SyntheticCheckpoint.make(shape: "tiny", type: type), options: LoadOptions(threads: threads))
      let session = try model.session(
        SessionOptions(policy: RetentionPolicies.named("prefixkv"), budget: Budget(0.5)))
      let prompt = Prompt(
        tokens: (0..<90).map { .token(3 + $0) }, segments: Array(repeating: .user, count: 90))
      let logits = try session.prefill(prompt, image: nil).logits
      return try logits + session.decode(5) + session.decode(6)
    }
    let single = try numbers(1)
    for threads in [2, 3, 5, 8, 64] {
      #expect(try numbers(threads) == single, "\(threads) threads")
    }
  }
}
