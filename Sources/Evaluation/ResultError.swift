import Basics

/// Why a result file cannot be used.
public enum ResultError: Error, Equatable, CustomStringConvertible {
  /// The file exists, and the run does not continue it.
  case exists(String)
  /// Another process is writing to the file.
  case inUse(String)
  /// The file cannot be read.
  case unreadable(FileError)
  /// The file cannot be created or written.
  case unwritable(FileError)
  /// The file at a path is no result file; the reason has no full stop.
  case damaged(String, String)
  /// The file at a path is of another run; the second text is the field that differs, with both
  /// values.
  case otherRun(String, String)
  /// The file at a path holds a shard or a result (the second text) that another file holds, too.
  case twice(String, String)
  /// No files were given.
  case nothingToMerge

  /// The sentence for the user.
  public var description: String {
    switch self {
    case .exists(let path):
      "The result file '\(path)' exists. Continue it with --resume, or give another --output."
    case .inUse(let path): "Another process is writing to the result file '\(path)'."
    case .unreadable(let error): "\(error)"
    case .unwritable(let error):
      "\(error) The results that were written before stay; continue with --resume."
    case .damaged(let path, let reason): "'\(path)' is not a result file: \(reason)."
    case .otherRun(let path, let difference):
      "The result file '\(path)' belongs to another run; they differ in \(difference)."
    case .twice(let path, let what): "\(what) in '\(path)' is also in another file."
    case .nothingToMerge: "No result files are named. Give the files of all shards."
    }
  }
}
