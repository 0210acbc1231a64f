import Testing

@testable import Inference

@Suite struct KernelsThreadPoolTests {
  @Test(arguments: [1, 2, 4])
  func everyChunkRunsOnce(threads: Int) throws {
    let pool = try ThreadPool(threads: threads)
    for round in 0..<2_000 {
      let chunks = round % 17
      var runs = [Int](repeating: 0, count: max(chunks, 1))
      runs.withUnsafeMutableBufferPointer { runs in
        nonisolated(unsafe) let runs = runs
        pool.parallel(chunks) { runs[$0] += 1 }
      }
      #expect(runs.prefix(chunks).allSatisfy { $0 == 1 })
    }
  }

  @Test func instructionSetsAreFoundByName() throws {
    for set in InstructionSet.available {
      #expect(try InstructionSet.named(set.description) == set)
      #expect(try ThreadPool(threads: 1, instructions: set).instructions == set)
    }
    #expect(try InstructionSet.named(nil) == InstructionSet.available.last)
    #expect(try InstructionSet.named("") == InstructionSet.available.last)
  }

  /// A name that is wrong must not become a slow program without a word.
  @Test func unavailableInstructionSetsAreRefused() {
    let available = InstructionSet.available.map(\.description)
    #expect(
      throws: KernelError.unavailableInstructions(
        name: "AVX512", isKnown: false, available: available)
    ) { try InstructionSet.named("AVX512") }
    for set in InstructionSet.allCases where !InstructionSet.available.contains(set) {
      #expect(
        throws: KernelError.unavailableInstructions(
          name: set.description, isKnown: true, available: available)
      ) { try InstructionSet.named(set.description) }
    }
    let error = KernelError.unavailableInstructions(
      name: "neon9", isKnown: false, available: ["portable", "avx2"])
    #expect("\(error)" == "CK_ISA names neon9, which is unknown. Available: portable, avx2.")
  }

  @Test func rangesCoverTheCountOnce() throws {
    let pool = try ThreadPool(threads: 3)
    for (count, grain) in [(0, 4), (1, 4), (100, 7), (1000, 1), (5, 100)] {
      var hits = [Int](repeating: 0, count: max(count, 1))
      hits.withUnsafeMutableBufferPointer { hits in
        nonisolated(unsafe) let hits = hits
        pool.parallel(count: count, grain: grain) { range in
          for i in range { hits[i] += 1 }
        }
      }
      #expect(hits.prefix(count).allSatisfy { $0 == 1 })
    }
  }

  @Test func aJobInsideAJobRunsInItsCaller() throws {
    let pool = try ThreadPool(threads: 2)
    var sums = [Int](repeating: 0, count: 8)
    sums.withUnsafeMutableBufferPointer { sums in
      nonisolated(unsafe) let sums = sums
      pool.parallel(8) { outer in
        pool.parallel(5) { sums[outer] += $0 }
      }
    }
    #expect(sums == [Int](repeating: 10, count: 8))
  }
}
