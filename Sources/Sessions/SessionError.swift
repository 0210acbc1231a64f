import Basics
internal import GRDB

/// Why the store of sessions cannot do what was asked.
public enum SessionError: Error, Equatable, CustomStringConvertible {
  /// A later version of the program has written the database.
  case newer(path: String, version: Int, known: Int)
  /// The file is no database of this program, or its pages do not fit together.
  case damaged(path: String, reason: String)
  /// The database cannot be opened, read or written.
  case unavailable(path: String, reason: String)
  case noSession(SessionChoice)
  /// What is kept of a conversation does not fit together.
  case unreadable(id: Int)
  /// The conversation has no place in the store, to which its entries could belong.
  case notKept

  public var description: String {
    switch self {
    case .newer(let path, let version, let known):
      "'\(path)' is of version \(version), and this program knows version \(known): a later prefixkv "
        + "wrote it. It stays as it is."
    case .damaged(let path, let reason): "'\(path)' is damaged: \(reason)."
    case .unavailable(let path, let reason): "'\(path)' cannot be used: \(reason)."
    case .unreadable(let id):
      "Conversation \(id) cannot be read: what is kept of it does not fit together."
    case .notKept: "This conversation is not kept, so there is nothing to go on with later."
    case .noSession(.last): "No conversation has been kept yet."
    case .noSession(.id(let id)):
      "There is no conversation \(id). `prefixkv sessions`, or /sessions in the chat, lists them."
    }
  }

  /// What SQLite says about a file.
  init(_ error: any Error, path: String) {
    guard let error = error as? DatabaseError else {
      self = (error as? SessionError) ?? .unavailable(path: path, reason: "\(error)")
      return
    }
    let reason =
      switch error.resultCode {
      case .SQLITE_FULL: "the disk is full"
      case .SQLITE_BUSY, .SQLITE_LOCKED: "another program holds it"
      case .SQLITE_CANTOPEN: "it cannot be opened"
      case .SQLITE_READONLY: "it may not be written"
      case .SQLITE_IOERR: "reading or writing failed"
      case .SQLITE_NOTADB: "it is no database"
      case .SQLITE_CORRUPT: "its pages do not fit together"
      default: error.message ?? "SQLite's error \(error.resultCode.rawValue)"
      }
    switch error.resultCode {
    case .SQLITE_NOTADB, .SQLITE_CORRUPT: self = .damaged(path: path, reason: reason)
    default: self = .unavailable(path: path, reason: reason)
    }
  }
}
