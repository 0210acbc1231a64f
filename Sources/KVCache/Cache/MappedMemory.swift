import CKernels
import Glibc

/// Anonymous pages of the process, given back to the system when the object goes.
final class MappedMemory {
  let base: UnsafeMutableRawPointer
  /// A multiple of the page size.
  private(set) var bytes: Int

  /// - Throws: `CacheError.outOfMemory`.
  init(atLeast wanted: Int) throws(CacheError) {
    let bytes = Self.wholePages(wanted)
    // Decoding streams through all of it: huge pages spare address lookups.
    guard let base = ck_map_pages(bytes) else { throw .outOfMemory(bytes: bytes) }
    self.base = base
    self.bytes = bytes
  }

  /// Gives the pages beyond the first `wanted` bytes back.
  func shrink(toAtLeast wanted: Int) {
    let kept = Self.wholePages(wanted)
    guard kept < bytes else { return }
    munmap(base + kept, bytes - kept)
    bytes = kept
  }

  private static func wholePages(_ wanted: Int) -> Int {
    let page = sysconf(Int32(_SC_PAGESIZE))
    return max(1, (wanted + page - 1) / page) * page
  }

  deinit { munmap(base, bytes) }
}
