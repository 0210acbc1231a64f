import Basics

/// Why a result file cannot be used.
public enum ResultError: Error, Equatable, CustomStringConvertible {
  case exists(String)
  case inUse(String)
  case unreadable(FileError)
  case unwritable(FileError)
  /// The file holds something else than results; why, without a full stop.
  case damaged(String, String)
  /// The field that differs, with both values.
  case otherRun(String, String)
  /// What is in two files of one run.
  case twice(String, String)
  case nothingToMerge

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
