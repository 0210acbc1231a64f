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
