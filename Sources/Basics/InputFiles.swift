import Foundation

/// Keeps what a command reads from what it writes. An output takes the place of the file at its path,
/// so that an input of that name would be gone, with a status that says that all is well.
public enum InputFiles {
  private struct Identity: Hashable {
    let device: dev_t
    let inode: ino_t

    /// nil where no regular file is at the path, links followed: devices and pipes lose nothing.
    init?(_ path: String) {
      var status = stat()
      guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
      (device, inode) = (status.st_dev, status.st_ino)
    }
  }

  /// Refuses an output that is one of the inputs, whatever names and links lead to either.
  ///
  /// - Parameters:
  ///   - inputs: Paths of files that are read; those of files that are not there count for nothing.
  ///   - name: What they are to a person: "the model", "the picture".
  ///   - outputs: Paths of files that will be written.
  /// - Throws: `FileError.cannotCreate` for the first such output.
  public static func protect(
    _ inputs: some Sequence<String>, of name: String, from outputs: [String]
  ) throws(FileError) {
    let written = outputs.compactMap { path in Identity(path).map { (path, file: $0) } }
    // Data sets name thousands of pictures, and mostly nothing is at the outputs yet.
    guard !written.isEmpty else { return }
    let read = Set(inputs.compactMap(Identity.init))
    for (path, file) in written where read.contains(file) {
      throw .cannotCreate(path: path, reason: "\(name) is being read from it")
    }
  }
}
