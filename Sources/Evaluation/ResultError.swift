import Basics

/// Why a result file cannot be used.
public enum ResultError: Error, Equatable, CustomStringConvertible {
  /// The file exists, and the run does not continue it.
  case exists(String)
  /// Another process is writing to the file.
  case inUse(String)
  /// The file cannot be read.
  case unreadable(FileError)
  /// Results cannot be added; those of earlier samples are in the file.
  case unwritable(FileError)
  /// The file cannot be made: no result is in it.
  case notWritten(FileError)
  /// The file holds something else than results of one run; why, without a full stop.
  case damaged(String, String)
  /// A clause with the field that differs and both values: "its budgets are 0.5, and not 0.3".
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
    case .notWritten(let error): "\(error)"
    case .unwritable(let error):
      "\(error) The results that were written before stay; continue with --resume."
    case .damaged(let path, let reason):
      "'\(path)' cannot be used as a result file: \(reason)."
    case .otherRun(let path, let difference):
      "The result file '\(path)' belongs to another run: \(difference)."
    case .twice(let path, let what):
      "The result file '\(path)' holds what is also in another file: \(what)."
    case .nothingToMerge: "No result files are named. Give the files of all shards."
    }
  }
}
