import Basics
import Foundation

/// The bytes of a picture's file or pipe, never more than `ImageLimits.bytes`.
enum FileBytes {
  /// Reads a whole file. Its kind is looked up after it is opened, so that nobody can exchange it
  /// in between. Opening never waits: with O_NONBLOCK, a pipe without a writer opens at once.
  static func of(path: String) throws(ImageError) -> [UInt8] {
    guard !path.utf8.contains(0) else { throw .notFound(path: path) }
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      let code = errno
      if code == ENOENT, let target = linkTarget(path) {
        throw .danglingLink(path: path, target: target)
      }
      if code == ENOENT || code == ENOTDIR { throw .notFound(path: path) }
      throw .unreadable(path: path, reason: systemReason(code))
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw .unreadable(path: path, reason: systemReason())
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .notAFile(path: path, kind: kind(status.st_mode))
    }
    guard status.st_size <= ImageLimits.bytes else {
      throw .tooLarge(path: path, bytes: Int(status.st_size), limit: ImageLimits.bytes)
    }
    // A file that shrinks meanwhile gives fewer bytes, and one that grows is read up to this size.
    // Both are then decoded like any damaged picture.
    return try bytes(of: descriptor, upTo: Int(status.st_size), path: path)
  }

  /// Reads a pipe until it is closed.
  ///
  /// - Parameter path: Only named in errors.
  static func of(descriptor: Int32, path: String) throws(ImageError) -> [UInt8] {
    var result: [UInt8] = []
    while true {
      let part = try bytes(of: descriptor, upTo: 1 << 20, path: path)
      result += part
      guard result.count <= ImageLimits.bytes else {
        throw .tooLarge(path: path, bytes: nil, limit: ImageLimits.bytes)
      }
      if part.count < 1 << 20 { return result }
    }
  }

  /// Reads `capacity` bytes, or fewer at the end of the file.
  private static func bytes(
    of descriptor: Int32, upTo capacity: Int, path: String
  ) throws(ImageError) -> [UInt8] {
    var reason: String?
    let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      while count < capacity {
        let got = read(descriptor, buffer.baseAddress! + count, capacity - count)
        if got < 0 && errno == EINTR { continue }
        if got < 0 && errno == EAGAIN {  // another program made the pipe non-blocking
          var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
          poll(&waiting, 1, -1)
          continue
        }
        if got < 0 { reason = systemReason() }
        guard got > 0 else { break }
        count += got
      }
    }
    if let reason { throw .unreadable(path: path, reason: reason) }
    return bytes
  }

  /// Where a symbolic link points; nil when the path is none.
  private static func linkTarget(_ path: String) -> String? {
    try? FileManager.default.destinationOfSymbolicLink(atPath: path)
  }

  private static func kind(_ mode: mode_t) -> String {
    switch mode & S_IFMT {
    case S_IFDIR: "a folder"
    case S_IFIFO: "a named pipe"
    case S_IFSOCK: "a socket"
    case S_IFCHR, S_IFBLK: "a device"
    default: "something else"
    }
  }
}
