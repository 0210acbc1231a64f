import Foundation

/// Folders that the program makes and lists.
public enum Folder {
  /// Makes the folder and the folders above it, as far as they do not exist.
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

  /// The names in a folder, sorted, without "." and "..".
  ///
  /// - Throws: `FileError.cannotRead`.
  public static func names(in path: String) throws(FileError) -> [String] {
    guard let folder = opendir(path) else {
      throw .cannotRead(path: path, reason: systemReason())
    }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}
