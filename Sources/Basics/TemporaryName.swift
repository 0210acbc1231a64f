import Foundation

/// The name of a temporary file, which exists until it is renamed. A signal that ends the program
/// removes it first.
struct TemporaryName {
  let path: String
  private let slot: Int?

  /// Makes an empty file.
  ///
  /// - Returns: nil with the reason in `errno`.
  static func create(in folder: String) -> (descriptor: Int32, name: TemporaryName)? {
    var descriptor: Int32 = -1
    let name = unique(in: folder) { path in
      descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      return descriptor >= 0
    }
    return name.map { (descriptor, $0) }
  }

  /// Gives a file a further name: an open one by its link in /proc, or one with a path.
  ///
  /// - Parameter folder: nil stands for the file's own.
  /// - Returns: nil with the reason in `errno`.
  static func link(to path: String, in folder: String? = nil) -> TemporaryName? {
    unique(in: folder ?? PathText.folder(of: path)) { name in
      linkat(AT_FDCWD, path, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0
    }
  }

  private static func unique(in folder: String, _ make: (String) -> Bool) -> TemporaryName? {
    for _ in 0..<100 {
      let path = folder + "/.prefixkv-\(UInt32.random(in: 0 ... .max))"
      // The name is registered before the file exists, so that no signal can come in between.
      let name = TemporaryName(path: path, slot: TemporaryNames.shared.add(path))
      if make(path) { return name }
      let reason = errno
      TemporaryNames.shared.forget(name.slot)
      errno = reason
      guard reason == EEXIST else { break }
    }
    return nil
  }

  /// Renames the file to its target.
  ///
  /// - Returns: whether that succeeded; otherwise `errno` says why.
  func rename(to target: String) -> Bool {
    guard Foundation.rename(path, target) == 0 else { return false }
    TemporaryNames.shared.forget(slot)
    return true
  }

  func remove() {
    unlink(path)
    TemporaryNames.shared.forget(slot)
  }
}
