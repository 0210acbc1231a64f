@testable import Inference

/// Every instruction set of this machine, with one and with three threads.
let kernelPools: [ThreadPool] = InstructionSet.available.flatMap { set in
  [ThreadPool(threads: 1, instructions: set), ThreadPool(threads: 3, instructions: set)]
}
