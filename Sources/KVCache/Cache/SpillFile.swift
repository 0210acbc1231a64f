import Basics
import Foundation

/// The temporary file in which evicted entries wait. It is written with `pwrite`, read with `pread`
/// and never mapped, so that it does not count as resident memory.
///
/// The file is a log of records that never change. Copies of a cache share it, and each has an
/// index of records of its own.
final class SpillFile {
  private let descriptor: Int32
  private let path: String
  private let recordBytes: Int
  /// Records written so far.
  private(set) var count = 0

  /// Takes over an open, empty file. Messages name it by `path`.
  init(recordBytes: Int, descriptor: Int32, path: String) {
    self.recordBytes = recordBytes
    self.descriptor = descriptor
    self.path = path
  }

  /// Makes a file in the first of `folders` that allows it.
  convenience init(recordBytes: Int) throws(CacheError) {
    for folder in Self.folders {
      let descriptor = Self.openUnlinked(in: folder)
      guard descriptor < 0 else {
        self.init(recordBytes: recordBytes, descriptor: descriptor, path: folder)
        return
      }
    }
    throw .spill(operation: "create", path: Self.folders.last!, reason: systemReason())
  }

  /// Where a spill file is made; the first folder that can be written to counts.
  static var folders: [String] { [UserFolders().state, NSTemporaryDirectory()] }

  deinit { close(descriptor) }

  /// Makes a file and removes its name at once: it is gone when the process ends, however it ends.
  ///
  /// - Returns: a descriptor, or -1 with the reason in `errno`.
  private static func openUnlinked(in folder: String) -> Int32 {
    do { try Folder.create(folder, mode: 0o700) } catch { return -1 }
    var template = Array((folder + "/spill-XXXXXX").utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { return -1 }
    unlink(template)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    return descriptor
  }

  /// Appends whole records and returns the number of the first one. After a failure the file has
  /// the length that it had before.
  ///
  /// - Throws: `CacheError.spill`, for example when the disk is full or a limit on file sizes is
  ///   reached.
  func append(_ records: UnsafeRawBufferPointer) throws(CacheError) -> Int {
    let start = count * recordBytes
    var done = 0
    while done < records.count {
      let (wrote, code) = Self.withoutFileSizeSignal {
        return pwrite(
          descriptor, records.baseAddress! + done, records.count - done, off_t(start + done))
      }
      if wrote < 0 && code == EINTR { continue }
      guard wrote > 0 else {
        let reason = systemReason(wrote < 0 ? code : ENOSPC)
        ftruncate(descriptor, off_t(start))
        throw .spill(operation: "write", path: path, reason: reason)
      }
      done += wrote
    }
    let first = count
    count += records.count / recordBytes
    return first
  }

  /// Writes in a thread that does not get SIGXFSZ, which ends a process by default: reaching a
  /// limit on file sizes (`ulimit -f`) is then an error like a full disk.
  ///
  /// - Returns: what `write` returned, and the `errno` it left.
  private static func withoutFileSizeSignal(_ write: () -> Int) -> (wrote: Int, code: Int32) {
    var signal = sigset_t()
    var before = sigset_t()
    sigemptyset(&signal)
    sigaddset(&signal, SIGXFSZ)
    pthread_sigmask(SIG_BLOCK, &signal, &before)
    let wrote = write()
    let code = errno
    var now = timespec()
    if wrote < 0 { sigtimedwait(&signal, nil, &now) }
    pthread_sigmask(SIG_SETMASK, &before, nil)
    return (wrote, code)
  }

  /// Reads the records from number `first` on into the whole of `buffer`.
  func read(first: Int, into buffer: UnsafeMutableRawBufferPointer) throws(CacheError) {
    var done = 0
    while done < buffer.count {
      let got = pread(
        descriptor, buffer.baseAddress! + done, buffer.count - done,
        off_t(first * recordBytes + done))
      if got < 0 && errno == EINTR { continue }
      guard got > 0 else {
        let reason = got < 0 ? systemReason() : "it is shorter than expected"
        throw .spill(operation: "read", path: path, reason: reason)
      }
      done += got
    }
  }

  /// Most bytes that are read in one go.
  private static let batchBytes = 1 << 20

  /// Reads records in the order of the file, neighbouring ones together, and hands each to `body`
  /// with the place it is for. Returns the bytes read.
  func read(
    _ wanted: [(record: Int, place: Int)], _ body: (UnsafeRawPointer, Int) -> Void
  ) throws(CacheError) -> Int {
    guard !wanted.isEmpty else { return 0 }
    let wanted = wanted.sorted { $0.record < $1.record }
    let batch = min(wanted.count, max(1, Self.batchBytes / recordBytes))
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: batch * recordBytes, alignment: 16)
    defer { buffer.deallocate() }
    var start = 0
    while start < wanted.count {
      var end = start + 1
      while end < wanted.count, end - start < batch,
        wanted[end].record == wanted[start].record + (end - start)
      { end += 1 }
      let run = UnsafeMutableRawBufferPointer(rebasing: buffer[..<((end - start) * recordBytes)])
      try read(first: wanted[start].record, into: run)
      for index in start..<end {
        body(run.baseAddress! + (index - start) * recordBytes, wanted[index].place)
      }
      start = end
    }
    return wanted.count * recordBytes
  }

  /// Asks the system to have records at hand that are soon read. It takes no memory of the process,
  /// and where it fails reading only takes longer.
  func readAhead(_ records: [Int]) {
    let records = records.sorted()
    var start = 0
    for index in records.indices
    where index + 1 == records.count || records[index + 1] != records[index] + 1 {
      posix_fadvise(
        descriptor, off_t(records[start] * recordBytes),
        off_t((records[index] - records[start] + 1) * recordBytes), POSIX_FADV_WILLNEED)
      start = index + 1
    }
  }

  /// Forgets the records from number `count` on.
  func truncate(to count: Int) {
    guard count < self.count else { return }
    self.count = count
    ftruncate(descriptor, off_t(count * recordBytes))
  }
}
