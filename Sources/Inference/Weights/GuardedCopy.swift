#if DEBUG
  import Foundation

  /// A copy of bytes that ends at a page nobody may touch, so that reading even one byte too many
  /// ends the process. Mapped files have no such guard, because the next tensor follows each
  /// tensor.
  ///
  /// Debug builds read weights from such copies when the environment variable
  /// `PREFIXKV_GUARD_WEIGHTS` is 1, as `make test-asan` sets it.
  final class GuardedCopy {
    /// The copy; its end is the end of a page.
    let bytes: UnsafeRawBufferPointer
    private let mapping: UnsafeMutableRawBufferPointer

    static let isWanted = ProcessInfo.processInfo.environment["PREFIXKV_GUARD_WEIGHTS"] == "1"

    init(of source: UnsafeRawBufferPointer) {
      let page = Int(getpagesize())
      let size = (source.count + page - 1) / page * page
      let start = mmap(
        nil, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      guard let start, start != MAP_FAILED, mprotect(start + size, page, PROT_NONE) == 0 else {
        preconditionFailure("no memory is left for a guarded copy of \(source.count) bytes")
      }
      mapping = UnsafeMutableRawBufferPointer(start: start, count: size + page)
      let target = UnsafeMutableRawBufferPointer(
        start: start + size - source.count, count: source.count)
      target.copyMemory(from: source)
      bytes = UnsafeRawBufferPointer(target)
    }

    deinit { munmap(mapping.baseAddress!, mapping.count) }
  }
#endif
