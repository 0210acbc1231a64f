import Basics
import Foundation

/// The store in a folder of the user's: a database, opened by the first request.
public final class SessionKeeper: SessionStore {
  private let queue = DispatchQueue(label: "sessions")
  private let worker: SessionWorker

  /// - Parameters:
  ///   - folder: made when it is needed, for its owner alone.
  ///   - now: seconds since 1970.
  ///   - report: is called on the store's queue.
  public init(
    folder: String, now: @escaping @Sendable () -> Int = { Int(Date().timeIntervalSince1970) },
    report: @escaping @Sendable (SessionEvent) -> Void
  ) {
    worker = SessionWorker(folder: folder, now: now, report: report)
  }

  public func post(_ request: @escaping @Sendable () -> SessionRequest) {
    queue.async { [worker] in worker.perform(request()) }
  }

  public func finish() { queue.sync {} }
}

/// What happens on the queue, one request after the other.
private final class SessionWorker: @unchecked Sendable {  // used on one serial queue only
  private let folder: String
  private let now: @Sendable () -> Int
  private let report: @Sendable (SessionEvent) -> Void
  private var opened: Result<SessionDatabase, SessionError>?
  /// What is known of conversations, by their numbers in this process.
  private var kept: [Int: KeptSession] = [:]
  private var pictures: [Int: SavedPicture] = [:]
  /// What was read to go on with it, by its place in the database.
  private var resumed: [Int: (kept: KeptSession, picture: SavedPicture?)] = [:]
  /// The last attempt to keep a conversation has failed, and that was said.
  private var isFailing = false

  init(
    folder: String, now: @escaping @Sendable () -> Int,
    report: @escaping @Sendable (SessionEvent) -> Void
  ) {
    self.folder = folder
    self.now = now
    self.report = report
  }

  func perform(_ request: SessionRequest) {
    do {
      switch request {
      case .keep(let number, let id, let session): keep(session, number: number, id: id)
      case .keepPicture(let number, let picture): keep(picture, number: number)
      case .list(let search):
        report(.list(try database().summaries(search: search), search: search))
      case .open(let choice): try open(choice)
      case .rename(let id, let title): try rename(id, title)
      case .delete(let id):
        guard try database().delete(id) else { throw SessionError.noSession(.id(id)) }
        report(.deleted(id: id))
      case .entriesPlace(let number, let id):
        guard let id = kept[number]?.id ?? id else { throw SessionError.notKept }
        report(.entriesPlace(path: try database().entriesPath(id)))
      }
    } catch {
      report(.refused("\(error)"))
    }
  }

  /// Opens the database once; a file that cannot be used is not tried again.
  private func database() throws(SessionError) -> SessionDatabase {
    if let opened { return try opened.get() }
    do throws(SessionError) {
      let database = try SessionDatabase(folder: folder)
      opened = .success(database)
      database.notice.map { report(.notice($0)) }
      return database
    } catch {
      // Once there is room or a right to write, the next attempt may succeed.
      if case .unavailable = error {} else { opened = .failure(error) }
      throw error
    }
  }

  // MARK: Keeping

  private func keep(_ session: SavedSession, number: Int, id: Int?) {
    do throws(SessionError) {
      let database = try database()
      if kept[number] == nil, let id, let known = resumed[id] {
        kept[number] = known.kept
        pictures[number] = known.picture
      }
      let former = kept[number]
      if session.messages.isEmpty {
        if let former { _ = try database.delete(former.id) }
        kept[number] = nil
      } else {
        let now = try database.keep(session, pictures[number], as: former, now: now())
        kept[number] = now
        if now.id != former?.id { report(.kept(number: number, id: now.id)) }
      }
      if isFailing { report(.notice("The conversation is kept again.")) }
      isFailing = false
    } catch {
      // Said once; the chat goes on, and the next change is tried again with everything before it.
      if !isFailing { report(.notice("The conversation is not kept: \(error)")) }
      isFailing = true
    }
  }

  private func keep(_ picture: SavedPicture?, number: Int) {
    pictures[number] = picture
    guard let picture, let id = kept[number]?.id else { return }
    // A failure was said when the conversation itself could not be kept, or will be.
    try? database().keep(picture, of: id)
  }

  private func rename(_ id: Int, _ title: String) throws(SessionError) {
    let title = title.isEmpty ? nil : title
    guard try database().retitle(id, to: title) else { throw .noSession(.id(id)) }
    for number in kept.keys where kept[number]?.id == id { kept[number]?.title = title }
    resumed[id]?.kept.title = title
    report(.renamed(id: id, title: title))
  }

  // MARK: Going on

  private func open(_ choice: SessionChoice) throws {
    let (kept, session, picture) = try database().session(choice)
    resumed[kept.id] = (kept, picture)
    let (path, note) = try place(of: picture, session.setting.picture, id: kept.id)
    let entries = try database().entriesPath(kept.id)
    report(
      .opened(
        OpenedSession(
          id: kept.id, session: session, picture: path, pictureNote: note,
          entries: access(entries, R_OK) == 0 ? entries : nil)))
  }

  /// Where the picture is now, and why not where it was.
  private func place(
    of picture: SavedPicture?, _ path: String?, id: Int
  ) throws -> (path: String?, note: String?) {
    guard let path else { return (nil, nil) }
    let exists = access(path, R_OK) == 0
    guard let picture else {
      return exists ? (path, nil) : (nil, "The picture '\(path)' is gone, and there is no copy.")
    }
    if exists, try SHA256.digest(file: path) == picture.digest { return (path, nil) }
    let copy = try database().copyPath(id)
    try OutputFile.write(picture.copy, to: copy)
    chmod(copy, 0o600)
    let what = exists ? "has changed" : "is gone"
    return (copy, "The picture '\(path)' \(what); the small copy that was kept takes its place.")
  }
}
