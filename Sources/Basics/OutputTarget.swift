import Foundation

/// The target of a path that is to be written.
struct OutputTarget {
  /// The path with symbolic links followed, even when the last one leads to nothing yet.
  let path: String
  /// The target's status; nil when nothing exists yet.
  let status: stat?
  /// Whether the path names one of the program's own descriptors, as /dev/stdout does. It is written
  /// to as the shell opened it, whatever it is.
  let isDescriptor: Bool

  /// - Throws: `FileError.cannotCreate` for a folder or a path that can only be one, and for a path
  ///   that leads nowhere, such as a link to itself or a name that is too long.
  init(_ path: String) throws(FileError) {
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw .cannotCreate(path: path, reason: systemReason(ENOENT))
    }
    var status = stat()
    let exists = stat(path, &status) == 0
    guard exists || errno == ENOENT else {
      throw .cannotCreate(path: path, reason: systemReason())
    }
    guard !path.hasSuffix("/"), !exists || status.st_mode & S_IFMT != S_IFDIR else {
      throw .cannotCreate(path: path, reason: systemReason(EISDIR))
    }
    (self.path, isDescriptor) = Self.followed(path)
    self.status = exists ? status : nil
  }

  var folder: String { PathText.folder(of: path) }

  private static func followed(_ path: String) -> (String, isDescriptor: Bool) {
    var path = path
    // As many links as Linux follows.
    for _ in 0..<40 {
      // A link in /proc leads to an open file, whose path need not be the link's text.
      if path.hasPrefix("/proc/") { return (path, true) }
      guard let link = target(ofLink: path) else { break }
      path = link.hasPrefix("/") ? link : PathText.folder(of: path) + "/" + link
    }
    return (path, false)
  }

  private static func target(ofLink path: String) -> String? {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = buffer.withUnsafeMutableBytes { bytes in
      readlink(path, bytes.baseAddress!.assumingMemoryBound(to: CChar.self), bytes.count)
    }
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
  }
}
