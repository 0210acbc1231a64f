import Basics
import Inference

extension CheckpointHeaders {
  /// SHA-256 of every file the weights are read from, by file name.
  ///
  /// - Throws: `FileError.cannotRead`.
  public func digests() throws(FileError) -> [String: String] {
    var paths: Set<String> = []
    for tensor in tensors { if let path = tensor.path { paths.insert(path) } }
    var digests: [String: String] = [:]
    for path in paths {
      digests[String(path.split(separator: "/").last ?? "")] = try SHA256.digest(file: path)
    }
    return digests
  }
}
