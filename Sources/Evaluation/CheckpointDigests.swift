import Basics
import Inference

extension CheckpointHeaders {
  /// SHA-256 of every file the weights are read from, by file name.
  ///
  /// - Throws: `FileError.cannotRead`.
  public func digests() throws(FileError) -> [String: String] {
    var digests: [String: String] = [:]
    for path in weightFiles {
      digests[String(path.split(separator: "/").last ?? "")] = try SHA256.digest(file: path)
    }
    return digests
  }
}
