import Glibc

/// Anonymous pages of the process, given back to the system when the object goes.
final class MappedMemory {
  let base: UnsafeMutableRawPointer
  /// A multiple of the page size.
  private(set) var bytes: Int

  /// - Throws: `CacheError.outOfMemory`.
  init(atLeast wanted: Int) throws(CacheError) {
    let bytes = Self.wholePages(wanted)
    let flags = MAP_PRIVATE | MAP_ANONYMOUS
    // Decoding streams through all of it: huge pages, which must be aligned, spare address lookups.
    let slack = bytes >= Self.hugePage ? Self.hugePage : 0
    guard let start = mmap(nil, bytes + slack, PROT_READ | PROT_WRITE, flags, -1, 0),
      start != MAP_FAILED
    else { throw .outOfMemory(bytes: bytes) }
    var base = start
    if slack > 0 {
      base = start.alignedUp(toMultipleOf: Self.hugePage)
      let before = start.distance(to: base)
      if before > 0 { munmap(start, before) }
      if slack > before { munmap(base + bytes, slack - before) }
      madvise(base, bytes / Self.hugePage * Self.hugePage, MADV_HUGEPAGE)
    }
    self.base = base
    self.bytes = bytes
  }

  private static let hugePage = 2 << 20

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
