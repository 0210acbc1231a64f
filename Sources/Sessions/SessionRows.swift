import Basics
import Foundation
internal import GRDB

/// What this process knows of a conversation in the database.
struct KeptSession {
  let id: Int
  /// Counts changes; another one in the database says that another process has changed it.
  var revision: Int
  var title: String?
  var messages: [SavedMessage]
}

/// Reading and writing conversations.
extension SessionDatabase {
  private func perform<Result>(_ body: () throws -> Result) throws(SessionError) -> Result {
    do { return try body() } catch { throw SessionError(error, path: path) }
  }

  // MARK: Writing

  /// Writes what has changed since the conversation was kept last. Where another process has changed or
  /// deleted it meanwhile, a conversation of its own is begun, so that neither loses anything.
  ///
  /// - Parameters:
  ///   - kept: nil for one that has no place yet.
  ///   - now: seconds since 1970.
  func keep(
    _ session: SavedSession, _ picture: SavedPicture?, as kept: KeptSession?, now: Int
  ) throws(SessionError) -> KeptSession {
    try perform {
      try queue.write { database in
        if let kept {
          try database.execute(
            sql: """
              UPDATE session SET revision = revision + 1, changed = ?, setting = ?
              WHERE id = ? AND revision = ?
              """,
            arguments: [now, JSONStyle.line(session.setting), kept.id, kept.revision])
          if database.changesCount == 1 {
            // Another process may have given it a title meanwhile.
            if session.title != kept.title { try Self.retitle(kept.id, session.title, database) }
            try Self.write(session.messages, over: kept.messages, of: kept.id, database)
            return KeptSession(
              id: kept.id, revision: kept.revision + 1, title: session.title,
              messages: session.messages)
          }
        }
        try database.execute(
          sql: """
            INSERT INTO session (revision, title, changed, setting, picture_digest, picture)
            VALUES (0, ?, ?, ?, ?, ?)
            """,
          arguments: [
            session.title, now, JSONStyle.line(session.setting), picture?.digest,
            picture.map { Data($0.copy) },
          ])
        let id = Int(database.lastInsertedRowID)
        try Self.write(session.messages, over: [], of: id, database)
        return KeptSession(
          id: id, revision: 0, title: session.title, messages: session.messages)
      }
    }
  }

  func keep(_ picture: SavedPicture, of id: Int) throws(SessionError) {
    try perform {
      try queue.write { database in
        try database.execute(
          sql: "UPDATE session SET picture_digest = ?, picture = ? WHERE id = ?",
          arguments: [picture.digest, Data(picture.copy), id])
      }
    }
  }

  private static func write(
    _ messages: [SavedMessage], over former: [SavedMessage], of id: Int, _ database: Database
  ) throws {
    let same = zip(messages, former).prefix { $0 == $1 }.count
    try database.execute(
      sql: "DELETE FROM message WHERE session = ? AND place >= ?", arguments: [id, same])
    for (place, message) in messages.enumerated().dropFirst(same) {
      try database.execute(
        sql: "INSERT INTO message VALUES (?, ?, ?, ?, ?)",
        arguments: [
          id, place, message.role.rawValue, message.text, JSONStyle.line(message),
        ])
    }
  }

  /// - Returns: whether there was such a conversation.
  func retitle(_ id: Int, to title: String?) throws(SessionError) -> Bool {
    try perform {
      try queue.write { database in
        try Self.retitle(id, title, database)
        return database.changesCount == 1
      }
    }
  }

  private static func retitle(_ id: Int, _ title: String?, _ database: Database) throws {
    try database.execute(
      sql: "UPDATE session SET title = ? WHERE id = ?", arguments: [title, id])
  }

  /// - Returns: whether there was such a conversation.
  public func delete(_ id: Int) throws(SessionError) -> Bool {
    let isThere = try perform {
      try queue.write { database in
        try database.execute(sql: "DELETE FROM session WHERE id = ?", arguments: [id])
        return database.changesCount == 1
      }
    }
    // What was not made need not be removed.
    if isThere { for path in [copyPath(id), entriesPath(id)] { unlink(path) } }
    return isThere
  }

  /// Where the cache's entries of a conversation are kept, if a person asked for that.
  func entriesPath(_ id: Int) -> String { PathText.folder(of: path) + "/entries-\(id)" }

  /// Where the small copy of a picture is written that takes the picture's place.
  func copyPath(_ id: Int) -> String { PathText.folder(of: path) + "/picture-\(id).png" }

  // MARK: Reading

  /// Conversations that hold this text, the newest first; all of them for the empty text.
  public func summaries(search: String) throws(SessionError) -> [SessionSummary] {
    try perform {
      try queue.read { database in
        let pattern = "%" + Self.escaped(search) + "%"
        let rows = try Row.fetchAll(
          database,
          sql: """
            SELECT id, title, changed, setting,
              (SELECT text FROM message WHERE session = id ORDER BY place LIMIT 1) AS question,
              (SELECT count(*) FROM message WHERE session = id AND role = 'question') AS questions
            FROM session
            WHERE title LIKE ?1 ESCAPE '\\' OR EXISTS (
              SELECT 1 FROM message WHERE session = id AND text LIKE ?1 ESCAPE '\\')
            ORDER BY changed DESC, id DESC
            """, arguments: [pattern])
        return try rows.map { row in
          let setting = try Self.decoded(SessionSetting.self, row["setting"], of: row["id"])
          return SessionSummary(
            id: row["id"], title: row["title"], question: row["question"] ?? "",
            questions: row["questions"], changed: row["changed"], modelName: setting.modelName,
            picture: setting.picture)
        }
      }
    }
  }

  /// A conversation and the small copy of its picture, a PNG file.
  ///
  /// - Throws: `SessionError.noSession` where there is none.
  public func read(
    _ choice: SessionChoice
  ) throws(SessionError) -> (id: Int, session: SavedSession, picture: [UInt8]?) {
    let (kept, session, picture) = try session(choice)
    return (kept.id, session, picture?.copy)
  }

  /// - Throws: `SessionError.noSession` where there is none.
  func session(
    _ choice: SessionChoice
  ) throws(SessionError) -> (kept: KeptSession, session: SavedSession, picture: SavedPicture?) {
    try perform {
      try queue.read { database in
        let row =
          switch choice {
          case .last:
            try Row.fetchOne(
              database, sql: "SELECT * FROM session ORDER BY changed DESC, id DESC LIMIT 1")
          case .id(let id):
            try Row.fetchOne(database, sql: "SELECT * FROM session WHERE id = ?", arguments: [id])
          }
        guard let row else { throw SessionError.noSession(choice) }
        let id: Int = row["id"]
        let messages = try String.fetchAll(
          database, sql: "SELECT body FROM message WHERE session = ? ORDER BY place",
          arguments: [id]
        ).map { try Self.decoded(SavedMessage.self, $0, of: id) }
        let session = SavedSession(
          title: row["title"],
          setting: try Self.decoded(SessionSetting.self, row["setting"], of: id),
          messages: messages)
        guard session.isSound else { throw SessionError.unreadable(id: id) }
        let digest: String? = row["picture_digest"]
        let copy: Data? = row["picture"]
        let picture = digest.map { SavedPicture(digest: $0, copy: copy.map(Array.init) ?? []) }
        let kept = KeptSession(
          id: id, revision: row["revision"], title: row["title"], messages: messages)
        return (kept, session, picture)
      }
    }
  }

  /// The text as `LIKE` takes it literally.
  private static func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      if "\\%_".contains(character) { result.append("\\") }
      result.append(character)
    }
  }

  private static func decoded<Value: Decodable>(
    _ type: Value.Type, _ text: String, of id: Int
  ) throws(SessionError) -> Value {
    do {
      return try JSONStyle.decode(type, from: Data(text.utf8))
    } catch {
      throw .unreadable(id: id)
    }
  }
}
