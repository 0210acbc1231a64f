import Foundation

/// A file that appears at its path complete or not at all.
///
/// What is written goes to a temporary in the target's folder; `commit` flushes it to the disk and
/// renames it over the target. The temporary has no name before that (`O_TMPFILE`), so that nothing
/// is left behind however the program ends. A symbolic link is followed first, so that the link
/// stays and its target is replaced. A device or a pipe is written directly and never replaced.
public final class OutputFile {
  public let path: String
  /// The path that is replaced, links resolved.
  private let target: String
  private var descriptor: Int32
  private var kind: Kind

  private enum Kind {
    /// A temporary without a name.
    case unnamed
    /// A temporary with a name, where the file system knows none without.
    case named(String)
    /// A device or a pipe.
    case direct
    case finished
  }

  /// - Throws: `FileError.cannotCreate` when the folder is missing or may not be written, or when the
  ///   path is a folder.
  public init(path: String) throws(FileError) {
    self.path = path
    target = Self.resolved(path)
    var status = stat()
    let exists = stat(target, &status) == 0
    let format = status.st_mode & S_IFMT
    if exists, format == S_IFDIR {
      throw .cannotCreate(path: path, reason: systemReason(EISDIR))
    }
    if exists, format != S_IFREG {
      descriptor = open(target, O_WRONLY | O_CLOEXEC)
      kind = .direct
      guard descriptor >= 0 else { throw .cannotCreate(path: path, reason: systemReason()) }
      return
    }
    // A file that may not be written is not replaced either, whatever the folder allows.
    if exists, access(target, W_OK) != 0 {
      throw .cannotCreate(path: path, reason: systemReason())
    }
    (descriptor, kind) = Self.temporary(in: Self.folder(of: target))
    guard descriptor >= 0 else { throw .cannotCreate(path: path, reason: systemReason()) }
    if exists { fchmod(descriptor, status.st_mode & 0o7777) }
  }

  deinit {
    if case .named(let name) = kind { unlink(name) }
    if descriptor >= 0 { close(descriptor) }
  }

  /// Appends bytes.
  ///
  /// - Throws: `FileError.cannotWrite` when not all of them could be written.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    guard writeAll(bytes, to: descriptor) else { throw .writing(path, code: errno) }
  }

  /// Appends bytes.
  public func write(_ bytes: some Sequence<UInt8>) throws(FileError) {
    let array = Array(bytes)
    let isWritten = array.withUnsafeBytes { writeAll($0, to: descriptor) }
    guard isWritten else { throw .writing(path, code: errno) }
  }

  /// Puts the file at its path. Without a call the target stays as it was.
  public func commit() throws(FileError) { try Self.commit([self]) }

  /// Puts several files at their paths: all of them, or none where the disk is full.
  public static func commit(_ files: [OutputFile]) throws(FileError) {
    for file in files { try file.prepare() }
    for file in files { try file.replace() }
  }

  /// Writes a whole file at once.
  public static func write(_ bytes: some Sequence<UInt8>, to path: String) throws(FileError) {
    let file = try OutputFile(path: path)
    try file.write(bytes)
    try file.commit()
  }

  // MARK: Committing

  /// Flushes the temporary to the disk and gives it a name beside the target.
  private func prepare() throws(FileError) {
    guard case .direct = kind else {
      guard fsync(descriptor) == 0 else {
        throw .cannotWrite(path: path, reason: systemReason())
      }
      if case .unnamed = kind { try nameTemporary() }
      return
    }
  }

  private func nameTemporary() throws(FileError) {
    for _ in 0..<100 {
      let name = Self.folder(of: target) + "/.prefixkv-\(UInt32.random(in: 0 ... .max))"
      if linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0 {
        kind = .named(name)
        return
      }
      guard errno == EEXIST else { break }
    }
    throw .cannotWrite(path: path, reason: systemReason())
  }

  private func replace() throws(FileError) {
    if case .named(let name) = kind, rename(name, target) != 0 {
      throw .cannotWrite(path: path, reason: systemReason())
    }
    kind = .finished
    let isClosed = close(descriptor) == 0
    descriptor = -1
    guard isClosed else { throw .cannotWrite(path: path, reason: systemReason()) }
  }

  // MARK: Paths

  /// The path with symbolic links followed, also where the last one leads to nothing yet.
  private static func resolved(_ path: String) -> String {
    var path = path
    // As many links as Linux follows.
    for _ in 0..<40 {
      guard let link = try? FileManager.default.destinationOfSymbolicLink(atPath: path) else {
        return path
      }
      path = link.hasPrefix("/") ? link : folder(of: path) + "/" + link
    }
    return path
  }

  private static func folder(of path: String) -> String {
    let folder = (path as NSString).deletingLastPathComponent
    return folder.isEmpty ? "." : folder
  }

  /// - Returns: a negative descriptor and `errno` when neither kind of temporary can be made.
  private static func temporary(in folder: String) -> (Int32, Kind) {
    // __O_TMPFILE | O_DIRECTORY, a macro that Swift does not import.
    let unnamed: Int32 = 0o20000000 | 0o200000
    let descriptor = open(folder, O_WRONLY | unnamed | O_CLOEXEC, 0o666)
    // Without /proc it could not be named later.
    if descriptor >= 0, access("/proc/self/fd/\(descriptor)", F_OK) == 0 {
      return (descriptor, .unnamed)
    }
    if descriptor >= 0 { close(descriptor) }
    for _ in 0..<100 {
      let name = folder + "/.prefixkv-\(UInt32.random(in: 0 ... .max))"
      let descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 { return (descriptor, .named(name)) }
      guard errno == EEXIST else { break }
    }
    return (-1, .finished)
  }
}

/// Writes all bytes, whatever pieces the system takes them in.
///
/// - Returns: whether all were written; `errno` says why not.
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
