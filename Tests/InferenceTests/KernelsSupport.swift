@testable import Inference

/// Every instruction set of this machine, with one and with three threads.
let kernelPools: [ThreadPool] = InstructionSet.available.flatMap { set in
  [1, 3].map { try! ThreadPool(threads: $0, instructions: set) }
}
