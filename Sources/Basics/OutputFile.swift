import Foundation

/// A file that appears at its path complete or not at all.
///
/// What is written goes to a temporary in the target's folder; `commit` flushes it to the disk and
/// renames it over the target. The temporary has no name before that (`O_TMPFILE`), so that nothing
/// is left behind however the program ends. A symbolic link is followed first, so that the link
/// stays and its target is replaced. A device or a pipe is written directly and never replaced.
public final class OutputFile {
  /// The path that was given.
  public let path: String
  /// The path that is replaced, links resolved.
  private let target: String
  private var descriptor: Int32
  private var kind: Kind

  private enum Kind {
    /// A temporary without a name.
    case unnamed
    /// A temporary with a name, for file systems that have no unnamed ones.
    case named(TemporaryName)
    /// A device, a pipe or an open descriptor.
    case direct
    case finished
  }

  /// Opens a file that is to be written at a path.
  ///
  /// - Throws: `FileError.cannotCreate` when the folder is missing or may not be written, or when the
  ///   path is a folder.
  public convenience init(path: String) throws(FileError) {
    try self.init(path: path, allowsUnnamed: true)
  }

  /// - Parameter allowsUnnamed: Whether `O_TMPFILE` is tried, which some file systems do not know.
  init(path: String, allowsUnnamed: Bool) throws(FileError) {
    self.path = path
    let target = try OutputTarget(path)
    self.target = target.path
    guard target.status.map({ $0.st_mode & S_IFMT == S_IFREG }) ?? true, !target.isDescriptor else {
      // O_APPEND writes after what a shell's `>>` has written; pipes and devices have no position.
      descriptor = open(target.path, O_WRONLY | O_APPEND | O_CLOEXEC)
      kind = .direct
      guard descriptor >= 0 else { throw .cannotCreate(path: path, reason: systemReason()) }
      return
    }
    // A file that may not be written is not replaced, even if the folder would allow it.
    if target.status != nil, access(target.path, W_OK) != 0 {
      throw .cannotCreate(path: path, reason: systemReason())
    }
    (descriptor, kind) = Self.temporary(in: target.folder, allowsUnnamed: allowsUnnamed)
    guard descriptor >= 0 else { throw .cannotCreate(path: path, reason: systemReason()) }
    if let status = target.status {
      // Only root may change a file's owner; for everybody else this fails, and they own the file.
      _ = fchown(descriptor, status.st_uid, status.st_gid)
      fchmod(descriptor, status.st_mode & 0o7777)
    }
  }

  deinit {
    if case .named(let name) = kind { name.remove() }
    if descriptor >= 0 { close(descriptor) }
  }

  /// Appends bytes.
  ///
  /// - Throws: `FileError.cannotWrite` when not all of them could be written, `.closedPipe` when
  ///   nobody reads the pipe any more.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    guard writeAll(bytes, to: descriptor) else { throw .writing(path, code: errno) }
  }

  /// Appends bytes.
  public func write(_ bytes: some Sequence<UInt8>) throws(FileError) {
    let array = Array(bytes)
    let isWritten = array.withUnsafeBytes { writeAll($0, to: descriptor) }
    guard isWritten else { throw .writing(path, code: errno) }
  }

  /// Writes a whole file at once.
  public static func write(_ bytes: some Sequence<UInt8>, to path: String) throws(FileError) {
    let file = try OutputFile(path: path)
    try file.write(bytes)
    try file.commit()
  }

  // MARK: Committing

  /// Puts the file at its path. Until this is called, the target stays as it was.
  ///
  /// - Throws: `FileError`; the target is then as it was.
  public func commit() throws(FileError) {
    try prepare()
    try replace()
  }

  /// Puts two files at their paths, or neither of them. Two programs that commit pairs in the same
  /// folder take turns, so that both files of a pair come from one program.
  ///
  /// - Throws: `FileError`; both targets are then as they were, where the file system can link.
  public static func commit(_ first: OutputFile, _ second: OutputFile) throws(FileError) {
    try first.prepare()
    try second.prepare()
    let folder = open(PathText.folder(of: first.target), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { if folder >= 0 { close(folder) } }
    if folder >= 0 { flock(folder, LOCK_EX) }
    let isNew = access(first.target, F_OK) != 0
    let former = TemporaryName.link(to: first.target)
    try first.replace()
    do {
      try second.replace()
    } catch {
      if isNew { unlink(first.target) } else { _ = former?.rename(to: first.target) }
      throw error
    }
    former?.remove()
  }

  /// Flushes the temporary to the disk and gives it a name beside the target.
  private func prepare() throws(FileError) {
    if case .direct = kind { return }
    guard fsync(descriptor) == 0 else { throw .writing(path, code: errno) }
    guard case .unnamed = kind else { return }
    let link = "/proc/self/fd/\(descriptor)"
    guard let name = TemporaryName.link(to: link, in: PathText.folder(of: target)) else {
      throw .writing(path, code: errno)
    }
    kind = .named(name)
  }

  private func replace() throws(FileError) {
    if case .named(let name) = kind, !name.rename(to: target) {
      throw .writing(path, code: errno)
    }
    kind = .finished
    let isClosed = close(descriptor) == 0
    descriptor = -1
    guard isClosed else { throw .writing(path, code: errno) }
  }

  /// - Returns: a negative descriptor and `errno` when neither kind of temporary can be made.
  private static func temporary(in folder: String, allowsUnnamed: Bool) -> (Int32, Kind) {
    if allowsUnnamed {
      // __O_TMPFILE | O_DIRECTORY, a macro that Swift does not import.
      let unnamed: Int32 = 0o20000000 | 0o200000
      let descriptor = open(folder, O_WRONLY | unnamed | O_CLOEXEC, 0o666)
      // Without /proc the file could not be given a name later.
      if descriptor >= 0, access("/proc/self/fd/\(descriptor)", F_OK) == 0 {
        return (descriptor, .unnamed)
      }
      if descriptor >= 0 { close(descriptor) }
    }
    guard let (descriptor, name) = TemporaryName.create(in: folder) else { return (-1, .finished) }
    return (descriptor, .named(name))
  }
}

/// Writes all bytes, with as many calls as the system needs.
///
/// - Returns: whether all were written; otherwise `errno` says why.
public func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
  var done = 0
  while done < bytes.count {
    let count = write(descriptor, bytes.baseAddress! + done, bytes.count - done)
    if count < 0, errno == EINTR { continue }
    if count == 0 { errno = ENOSPC }
    guard count > 0 else { return false }
    done += count
  }
  return true
}
