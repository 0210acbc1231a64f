import Basics
import CKernels
import Foundation

/// A regular file mapped for reading. Pages belong to the page cache, so an untouched tensor costs
/// no memory.
///
/// The file stays open, so that `verifyUnchanged` can tell whether it was overwritten or cut short
/// after it was opened. When it was cut short, `bytes` are zero beyond its new end. Whoever reads
/// them therefore calls `verifyUnchanged` afterwards, or reads inside `reading`.
public final class MappedFile: @unchecked Sendable {  // immutable after init
  /// The path as it was given.
  public let path: String
  /// The content. It is valid as long as this object lives; a tensor keeps it alive as its `owner`.
  public let bytes: UnsafeRawBufferPointer
  private let descriptor: Int32
  private let modified: timespec
  /// What `ck_guard_file` returned for the mapping.
  private let guardNumber: Int32

  /// Opens and maps a file.
  ///
  /// - Throws: `WeightError` when it cannot be read, is no regular file, is empty, or is a pointer of
  ///   git-lfs.
  public init(path: String) throws(WeightError) {
    self.path = path
    // O_NONBLOCK, so that opening a FIFO does not wait; a FIFO is refused right below.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let reason = systemReason()
      throw .unreadable(path: path, reason: brokenLinkReason(path) ?? reason)
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw .unreadable(path: path, reason: "it is not a regular file")
    }
    let size = Int(status.st_size)
    guard size > 0 else {
      close(descriptor)
      throw .damaged(path: path, detail: "the file is empty")
    }
    guard let start = Self.map(size, of: descriptor) else {
      let reason =
        errno == ENOMEM
        ? "its \(Format.bytes(size)) do not fit into the address space that is left (ulimit -v)"
        : systemReason()
      close(descriptor)
      throw .unreadable(path: path, reason: reason)
    }
    self.descriptor = descriptor
    guardNumber = ck_guard_file(start, size)
    modified = status.st_mtim
    bytes = UnsafeRawBufferPointer(start: start, count: size)
    guard !bytes.starts(with: Self.pointerBeginning) else {
      throw .unsupported(
        path: path,
        detail:
          "it is a pointer of git-lfs, not the file itself; fetch the file with 'git lfs pull'")
    }
  }

  /// Address space that a mapping leaves: what is then computed from the file finds a little room, and a
  /// small allocation does not end the program under `ulimit -v`.
  private static let leftBeside = 8 << 20

  /// Maps a file for reading; nil, with `errno` set, when that cannot be done.
  private static func map(_ size: Int, of descriptor: Int32) -> UnsafeMutableRawPointer? {
    guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED
    else { return nil }
    let probe = mmap(nil, leftBeside, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let probe, probe != MAP_FAILED else {
      munmap(start, size)
      errno = ENOMEM
      return nil
    }
    munmap(probe, leftBeside)
    return start
  }

  /// The beginning of the pointer that a repository holds in place of a large file that was not
  /// fetched.
  ///
  /// Format: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
  private static let pointerBeginning = Array("version https://git-lfs.github.com/spec/".utf8)

  /// Whether the path exists in its folder, even as a link that leads nowhere.
  static func isListed(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  deinit {
    ck_release_file(guardNumber)
    munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress!), bytes.count)
    close(descriptor)
  }

  /// A copy of the content. (When nothing else refers to the file, its `bytes` do not outlive the
  /// expression that reads them.)
  public func contents() -> Data {
    withExtendedLifetime(self) { Data(bytes) }
  }

  /// Returns what `body` makes of the file. When the file was changed meanwhile, that is the error,
  /// whatever `body` returned or threw.
  func reading<Result>(
    _ body: (MappedFile) throws(WeightError) -> Result
  ) throws(WeightError) -> Result {
    let result: Result
    do {
      result = try body(self)
    } catch {
      try verifyUnchanged()
      throw error
    }
    try verifyUnchanged()
    return result
  }

  /// Checks that the file is as it was when it was opened.
  ///
  /// - Throws: `WeightError.damaged` when it was overwritten or cut short.
  public func verifyUnchanged() throws(WeightError) {
    var status = stat()
    guard !ck_file_is_lost(guardNumber), fstat(descriptor, &status) == 0,
      Int(status.st_size) == bytes.count,
      status.st_mtim.tv_sec == modified.tv_sec, status.st_mtim.tv_nsec == modified.tv_nsec
    else {
      throw .damaged(
        path: path, detail: "it was changed while it was being read; load the model again")
    }
  }

  /// Copies part of the mapped file, read again with a system call. Mapped memory would give zeros
  /// if the file was cut short, and another file's bytes if it was overwritten.
  ///
  /// - Parameter part: lies in `bytes`; `target` is as long.
  func read(
    _ part: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
  ) throws(WeightError) {
    var done = 0
    while done < part.count {
      let offset = part.baseAddress! - bytes.baseAddress! + done
      let count = pread(
        descriptor, target.baseAddress! + done, part.count - done, off_t(offset))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      done += count
    }
    try verifyUnchanged()
    guard done == part.count else { throw .unreadable(path: path, reason: systemReason()) }
  }

  /// Asks the kernel to read part of the file ahead, without waiting for it.
  func readAhead(_ part: UnsafeRawBufferPointer) {
    let page = Int(getpagesize())
    let start = Int(bitPattern: part.baseAddress!) / page * page
    let end = Int(bitPattern: part.baseAddress!) + part.count
    madvise(UnsafeMutableRawPointer(bitPattern: start), end - start, MADV_WILLNEED)
  }
}
