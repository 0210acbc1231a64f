import Basics
import Foundation

/// Where evicted entries wait: a temporary file that is unlinked at once, written with `pwrite`,
/// read with `pread` and never mapped, so that it does not count as resident memory.
///
/// The file is a log of records that never change. Caches copied from one another share it, each
/// with its own index of records.
final class SpillFile {
  private let descriptor: Int32
  private let path: String
  private let recordBytes: Int
  /// Records written so far.
  private(set) var count = 0

  /// Takes over an open file, empty, whose place in messages is `path`.
  init(recordBytes: Int, descriptor: Int32, path: String) {
    self.recordBytes = recordBytes
    self.descriptor = descriptor
    self.path = path
  }

  /// Makes a file in the state folder, or in `TMPDIR` when that cannot be written to.
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

  /// Returns a descriptor, or -1 with the reason in `errno`.
  private static func openUnlinked(in folder: String) -> Int32 {
    mkdirs(folder)
    var template = Array((folder + "/spill-XXXXXX").utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { return -1 }
    unlink(template)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    return descriptor
  }

  /// Makes the folder and those above it; a failure shows when the file is opened.
  private static func mkdirs(_ folder: String) {
    var path = ""
    for part in folder.split(separator: "/") {
      path += "/" + part
      mkdir(path, 0o700)
    }
  }

  /// Appends whole records and returns the number of the first. After a failure the file is as
  /// long as before.
  func append(_ records: UnsafeRawBufferPointer) throws(CacheError) -> Int {
    let start = count * recordBytes
    var done = 0
    while done < records.count {
      let wrote = pwrite(
        descriptor, records.baseAddress! + done, records.count - done, off_t(start + done))
      if wrote < 0 && errno == EINTR { continue }
      guard wrote > 0 else {
        let reason = systemReason(wrote < 0 ? errno : ENOSPC)
        ftruncate(descriptor, off_t(start))
        throw .spill(operation: "write", path: path, reason: reason)
      }
      done += wrote
    }
    let first = count
    count += records.count / recordBytes
    return first
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

  /// Forgets the records from number `count` on.
  func truncate(to count: Int) {
    guard count < self.count else { return }
    self.count = count
    ftruncate(descriptor, off_t(count * recordBytes))
  }
}
