import Basics
import Foundation
import Glibc

/// Earlier questions: one JSON string a line, oldest first, readable for its owner only.
///
/// Several instances may write at the same time: each question is one append under a lock.
final class HistoryFile {
  /// Longer lines are not worth keeping.
  static let longestEntry = 1 << 16
  /// A file that has grown beyond this is cut to its newest entries.
  static let largestFile = 4 << 20

  private let path: String
  /// Nothing is to be added.
  private let isReadOnly: Bool
  private var hasFailed = false

  init(path: String, isReadOnly: Bool = false) {
    self.path = path
    self.isReadOnly = isReadOnly
  }

  /// The newest entries. A line that is no JSON string is passed over, so that a damaged byte costs
  /// one line and not the file; an entry that repeats the one before it counts once.
  func entries() -> [String] {
    guard let bytes = FileManager.default.contents(atPath: path) else { return [] }
    let decoder = JSONDecoder()
    var entries: [String] = []
    for line in bytes.split(separator: UInt8(ascii: "\n")).suffix(2 * PromptHistory.capacity) {
      guard let entry = try? decoder.decode(String.self, from: line), entry != entries.last else {
        continue
      }
      entries.append(entry)
    }
    return entries.suffix(PromptHistory.capacity)
  }

  /// Appends an entry.
  ///
  /// - Throws: `FileError` the first time that the file cannot be written; later failures are not
  ///   worth repeating at every question.
  func add(_ entry: String) throws(FileError) {
    guard !isReadOnly, !hasFailed, entry.utf8.count <= Self.longestEntry else { return }
    do {
      try append(Self.line(entry))
    } catch {
      hasFailed = true
      throw error
    }
  }

  private static func line(_ entry: String) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    // A string can always be encoded; the empty line would be passed over.
    return ((try? encoder.encode(entry)).map(Array.init) ?? []) + [UInt8(ascii: "\n")]
  }

  private func append(_ line: [UInt8]) throws(FileError) {
    try Folder.create(PathText.folder(of: path), mode: 0o700)
    let descriptor = try openLocked()
    defer { close(descriptor) }
    // A line that a crash has cut ends here and not in the new entry.
    let bytes = Self.endsLine(descriptor) ? line : [UInt8(ascii: "\n")] + line
    guard bytes.withUnsafeBytes({ writeAll($0, to: descriptor) }) else {
      throw .cannotWrite(path: path, reason: systemReason())
    }
    if lseek(descriptor, 0, SEEK_END) > Self.largestFile { try shorten() }
  }

  /// Opens the file and waits for its lock, which is given back when the file is closed.
  private func openLocked() throws(FileError) -> Int32 {
    while true {
      let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else { throw .cannotCreate(path: path, reason: systemReason()) }
      while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
      // Another instance may have replaced the file by a shorter one meanwhile.
      var (here, there) = (stat(), stat())
      let isSame =
        fstat(descriptor, &here) == 0 && stat(path, &there) == 0 && here.st_ino == there.st_ino
      if isSame { return descriptor }
      close(descriptor)
    }
  }

  private static func endsLine(_ descriptor: Int32) -> Bool {
    let size = lseek(descriptor, 0, SEEK_END)
    var last = UInt8(ascii: "\n")
    if size > 0 { _ = pread(descriptor, &last, 1, size - 1) }
    return last == UInt8(ascii: "\n")
  }

  /// Replaces the file by its newest entries. The lock is held.
  private func shorten() throws(FileError) {
    try OutputFile.write(entries().flatMap(Self.line), to: path)
  }
}
