import Foundation

/// Files that are read as a whole.
public enum InputFile {
  /// The content of a file, a pipe or a device.
  ///
  /// - Throws: `FileError.cannotRead` with the system's reason.
  public static func contents(of path: String) throws(FileError) -> Data {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      let reason = systemReason()
      throw .cannotRead(path: path, reason: brokenLinkReason(path) ?? reason)
    }
    defer { close(descriptor) }
    var data = Data()
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .cannotRead(path: path, reason: systemReason()) }
      if count == 0 { return data }
      data.append(contentsOf: buffer[..<count])
    }
  }
}
