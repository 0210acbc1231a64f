import Basics
import Glibc

/// Completes a path by the names in its folder.
enum PathListing {
  /// The paths that begin with `prefix`, sorted; folders end in a slash. Names that begin with a dot
  /// are listed only when the prefix does.
  static func paths(from prefix: String, _ filter: PathFilter) -> [String] {
    let split = prefix.lastIndex(of: "/").map { prefix.index(after: $0) } ?? prefix.startIndex
    let front = String(prefix[..<split])
    let start = prefix[split...]
    let folder = front.isEmpty ? "." : UserFolders().expanded(front)
    // A folder that cannot be read has no candidates.
    let names = (try? Folder.names(in: folder)) ?? []
    return names.compactMap { name in
      guard name.hasPrefix(start), !name.hasPrefix(".") || start.hasPrefix(".") else { return nil }
      let isFolder = isFolder(folder + "/" + name)
      guard isFolder || filter.accepts(name) else { return nil }
      return front + name + (isFolder ? "/" : "")
    }.sorted()
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
