import Foundation

/// Folders that the program makes.
public enum Folder {
  /// Makes the folder and those above it, where they do not exist yet.
  ///
  /// - Throws: `FileError.cannotCreate`.
  public static func create(_ path: String, mode: mode_t = 0o777) throws(FileError) {
    var prefix = path.hasPrefix("/") ? "/" : ""
    for name in path.split(separator: "/") {
      prefix += name
      if mkdir(prefix, mode) != 0, errno != EEXIST {
        throw .cannotCreate(path: path, reason: systemReason())
      }
      prefix += "/"
    }
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw .cannotCreate(path: path, reason: systemReason(ENOTDIR))
    }
  }
}
