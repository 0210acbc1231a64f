import Basics
import Foundation
internal import GRDB

/// The file that conversations are kept in: SQLite's, in its write-ahead mode, so that a process that
/// is killed loses nothing that was written, and several processes may write in turn.
public final class SessionDatabase {
  /// Counts the forms that the tables have had.
  static let version = 1
  /// SQLite's mark of whose file it is: "pfkv".
  private static let application = 0x7066_6B76
  static let name = "sessions.sqlite"

  /// The file that holds every conversation.
  public let path: String
  let queue: DatabaseQueue
  /// What a person should know about the opening: a damaged file was set aside. nil: nothing.
  public let notice: String?

  /// Opens the database in a folder, and makes both where they are not there. A damaged file is renamed
  /// and a new one is begun; one of a later version stays as it is.
  ///
  /// - Throws: `SessionError`.
  public init(folder: String) throws(SessionError) {
    path = folder + "/" + Self.name
    do {
      try Folder.create(folder, mode: 0o700)
      // Only one process at a time finds out whether the file is sound.
      let lock = try Self.lock(folder + "/lock")
      defer { close(lock) }
      try Self.makeFile(path)
      do {
        queue = try Self.connect(path)
        notice = nil
      } catch SessionError.damaged(_, let reason) {
        let aside = try Self.setAside(path)
        try Self.makeFile(path)
        queue = try Self.connect(path)
        notice =
          "'\(path)' is damaged (\(reason)). It is set aside as '\(aside)', and a new one is begun."
      }
    } catch let error as FileError {
      throw .unavailable(path: path, reason: error.reason)
    } catch {
      throw SessionError(error, path: path)
    }
  }

  /// The database in a folder where there is one; nil where nothing was kept yet.
  ///
  /// - Throws: `SessionError`.
  public static func existing(in folder: String) throws(SessionError) -> SessionDatabase? {
    guard access(folder + "/" + name, F_OK) == 0 else { return nil }
    return try SessionDatabase(folder: folder)
  }

  /// - Throws: `FileError.cannotCreate`.
  private static func lock(_ path: String) throws(FileError) -> Int32 {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .cannotCreate(path: path, reason: systemReason()) }
    while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
    return descriptor
  }

  /// Makes an empty file for its owner alone; SQLite gives the files beside it the same mode.
  private static func makeFile(_ path: String) throws(FileError) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .cannotCreate(path: path, reason: systemReason()) }
    close(descriptor)
  }

  // MARK: Connecting

  private static func connect(_ path: String) throws -> DatabaseQueue {
    do {
      var configuration = Configuration()
      configuration.busyMode = .timeout(5)
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      try queue.inDatabase { database in
        // A file of a later version is not even brought into another mode.
        try check(database, path: path)
        try database.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
      }
      try queue.write { database in
        if try Int.fetchOne(database, sql: "PRAGMA user_version") == 0 { try make(database) }
      }
      return queue
    } catch let error as DatabaseError where error.resultCode == .SQLITE_ERROR {
      // These questions have no mistake in them: it is the file that they do not fit.
      throw SessionError.damaged(path: path, reason: error.message ?? "it is no database")
    } catch {
      throw SessionError(error, path: path)
    }
  }

  private static func check(_ database: Database, path: String) throws {
    let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
    let owner = try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0
    let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0
    guard tables == 0 || owner == application else {
      throw SessionError.damaged(path: path, reason: "it is another program's database")
    }
    guard version <= Self.version else {
      throw SessionError.newer(path: path, version: version, known: Self.version)
    }
    let verdict = try String.fetchOne(database, sql: "PRAGMA quick_check(1)") ?? ""
    guard verdict == "ok" else {
      throw SessionError.damaged(path: path, reason: "its pages do not fit together")
    }
  }

  private static func make(_ database: Database) throws {
    try database.execute(
      sql: """
        CREATE TABLE session (
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          revision INTEGER NOT NULL,
          title TEXT,
          changed INTEGER NOT NULL,
          setting TEXT NOT NULL,
          picture_digest TEXT,
          picture BLOB
        );
        CREATE TABLE message (
          session INTEGER NOT NULL REFERENCES session ON DELETE CASCADE,
          place INTEGER NOT NULL,
          role TEXT NOT NULL,
          text TEXT NOT NULL,
          body TEXT NOT NULL,
          PRIMARY KEY (session, place)
        ) WITHOUT ROWID;
        CREATE INDEX session_changed ON session (changed);
        PRAGMA application_id = \(application);
        PRAGMA user_version = \(version);
        """)
  }

  // MARK: Damage

  /// Renames the database with the files that SQLite keeps beside it.
  ///
  /// - Returns: the new path.
  private static func setAside(_ path: String) throws(FileError) -> String {
    var number = 1
    while access("\(path).damaged-\(number)", F_OK) == 0 { number += 1 }
    let aside = "\(path).damaged-\(number)"
    for ending in ["-wal", "-shm", ""] {
      guard rename(path + ending, aside + ending) == 0 || errno == ENOENT else {
        throw .cannotWrite(path: aside, reason: systemReason())
      }
    }
    return aside
  }
}
