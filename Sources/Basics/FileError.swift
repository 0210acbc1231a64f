import Foundation

/// Why a file or a stream could not be read or written.
public enum FileError: Error, Equatable, CustomStringConvertible {
  /// The file cannot be opened, or its bytes cannot be read.
  case cannotRead(path: String, reason: String)
  /// The file, or the temporary that becomes it, cannot be made.
  case cannotCreate(path: String, reason: String)
  /// The open file could not be filled: the disk is full, or the descriptor is closed.
  case cannotWrite(path: String, reason: String)
  /// The file is a pipe whose reader went away.
  case closedPipe(path: String)

  /// The path of the file, or the name of the stream.
  public var path: String {
    switch self {
    case .cannotRead(let path, _), .cannotCreate(let path, _), .cannotWrite(let path, _),
      .closedPipe(let path):
      path
    }
  }

  /// The end of a sentence, without a full stop.
  public var reason: String {
    switch self {
    case .cannotRead(_, let reason), .cannotCreate(_, let reason), .cannotWrite(_, let reason):
      reason
    case .closedPipe: systemReason(EPIPE)
    }
  }

  /// The sentence for the user.
  public var description: String {
    switch self {
    case .cannotRead(let path, let reason): "'\(path)' cannot be read: \(reason)."
    case .cannotCreate(let path, let reason): "'\(path)' cannot be created: \(reason)."
    case .cannotWrite(let path, let reason): "'\(path)' cannot be written: \(reason)."
    case .closedPipe(let path): "'\(path)' cannot be written: \(reason)."
    }
  }

  /// The status with which the program ends when this error stops its work.
  public var exitStatus: ExitStatus {
    switch self {
    case .cannotRead: .missingInput
    case .cannotCreate: .cannotCreate
    case .cannotWrite: .cannotWrite
    case .closedPipe: .closedPipe
    }
  }

  /// The error for a write that failed with an `errno` value.
  static func writing(_ path: String, code: Int32) -> FileError {
    code == EPIPE
      ? .closedPipe(path: path) : .cannotWrite(path: path, reason: systemReason(code))
  }
}
