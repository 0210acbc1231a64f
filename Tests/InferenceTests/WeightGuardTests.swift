#if DEBUG
  import Foundation
  import Testing

  @testable import Inference

  @Suite struct WeightGuardTests {
    @Test(arguments: [1, 64, 4096, 4097])
    func copiesHoldTheBytes(count: Int) {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) }
      let copy = bytes.withUnsafeBytes { GuardedCopy(of: $0) }
      #expect(copy.bytes.elementsEqual(bytes))
    }

    @Test func readingBeyondACopyEndsTheProcess() async {
      await #expect(processExitsWith: .failure) {
        let copy = [UInt8](repeating: 1, count: 100).withUnsafeBytes { GuardedCopy(of: $0) }
        let beyond = copy.bytes.baseAddress! + copy.bytes.count
        // Printed, because an optimiser drops a byte that nobody uses.
        print(beyond.load(as: UInt8.self))
        exit(0)
      }
    }
  }
#endif
