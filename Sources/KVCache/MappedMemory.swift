import Glibc

/// Anonymous pages of the process, given back to the system when the object goes.
final class MappedMemory {
  let base: UnsafeMutableRawPointer
  /// A multiple of the page size.
  let bytes: Int

  /// - Throws: `CacheError.outOfMemory`.
  init(atLeast wanted: Int) throws(CacheError) {
    let page = sysconf(Int32(_SC_PAGESIZE))
    let bytes = max(page, (wanted + page - 1) / page * page)
    let flags = MAP_PRIVATE | MAP_ANONYMOUS
    guard let base = mmap(nil, bytes, PROT_READ | PROT_WRITE, flags, -1, 0), base != MAP_FAILED
    else { throw .outOfMemory(bytes: bytes) }
    self.base = base
    self.bytes = bytes
  }

  deinit { munmap(base, bytes) }
}
