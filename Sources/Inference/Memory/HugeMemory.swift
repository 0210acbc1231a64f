import CKernels

/// A large array outside the Swift heap, in huge pages where the system gives them.
final class HugeMemory: @unchecked Sendable {  // written only while it is set up
  let start: UnsafeMutableRawPointer
  let count: Int

  /// `count` zeroed bytes.
  init(count: Int) throws(KernelError) {
    guard let start = ck_huge_alloc(max(count, 1)) else { throw .outOfMemory(bytes: count) }
    self.start = start
    self.count = max(count, 1)
  }

  deinit { ck_huge_free(start, count) }
}

/// Why a matrix could not be set up.
public enum KernelError: Error, Equatable, CustomStringConvertible {
  case outOfMemory(bytes: Int)
  case unsupportedColumns(name: String, columns: Int, type: String, block: Int)
  case unsupportedType(name: String, type: String)

  public var description: String {
    switch self {
    case .outOfMemory(let bytes):
      "The system has no \(bytes) bytes left for a weight matrix. A smaller type (q4_0) or model needs less."
    case .unsupportedColumns(let name, let columns, let type, let block):
      "Tensor \(name) has rows of \(columns) elements; \(type) needs a multiple of \(block). Use f16."
    case .unsupportedType(let name, let type):
      "Tensor \(name) is of type \(type), which no matrix kernel reads. Floats and quantised types work."
    }
  }
}
