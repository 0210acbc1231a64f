import Foundation
import TestSupport
import Testing

import GRDB

@testable import Sessions

/// Conversations that are kept, listed, opened, renamed and deleted.
@Suite struct SessionKeeperTests {
  let temporary: TemporaryFolder
  private var folder: String { temporary.path + "/sessions" }
  private var path: String { folder + "/" + SessionDatabase.name }

  init() throws { temporary = try TemporaryFolder() }

  /// What a store reported.
  private final class Reports: @unchecked Sendable {  // read when the store has finished
    var events: [SessionEvent] = []
  }

  /// Carries requests out one after the other, `now` seconds after 1970.
  @discardableResult
  private func perform(_ requests: SessionRequest..., now: Int = 100) -> [SessionEvent] {
    let reports = Reports()
    let keeper = SessionKeeper(folder: folder, now: { now }) { reports.events.append($0) }
    for request in requests { keeper.post { request } }
    keeper.finish()
    return reports.events
  }

  private func opened(_ choice: SessionChoice) -> OpenedSession? {
    for case .opened(let session) in perform(.open(choice)) { return session }
    return nil
  }

  private func listed(_ search: String = "") -> [SessionSummary] {
    for case .list(let summaries, _) in perform(.list(search: search)) { return summaries }
    return []
  }

  @Test func whatIsKeptIsReadAgain() {
    let session = Example.session("What is this?", "A boat.", title: "boats")
    #expect(perform(.keep(number: 0, id: nil, session)) == [.kept(number: 0, id: 1)])
    #expect(opened(.last)?.session == session)
    #expect(opened(.id(1))?.session == session)
    #expect(
      perform(.open(.id(7))) == [.refused("\(SessionError.noSession(.id(7)))")])
  }

  @Test func aConversationGrowsInPlaceAndAnotherOneIsNew() {
    let events = perform(
      .keep(number: 0, id: nil, Example.session("One?")),
      .keep(number: 0, id: nil, Example.session("One?", "First.")),
      .keep(number: 1, id: nil, Example.session("Two?")),
      .keep(number: 0, id: nil, Example.session("One?", "First.", "Three?")))
    #expect(events == [.kept(number: 0, id: 1), .kept(number: 1, id: 2)])
    #expect(opened(.id(1))?.session == Example.session("One?", "First.", "Three?"))
    // What was taken back is gone, and with the last question the conversation.
    perform(
      .open(.id(1)), .keep(number: 0, id: 1, Example.session("One?", "Other.")))
    #expect(opened(.id(1))?.session == Example.session("One?", "Other."))
    perform(.open(.id(1)), .keep(number: 0, id: 1, Example.session()))
    #expect(listed().map(\.id) == [2])
  }

  @Test func theNewestComesFirstAndAnyWordIsFound() {
    perform(.keep(number: 0, id: nil, Example.session("One cat?", "100 %", "And?")), now: 10)
    perform(.keep(number: 0, id: nil, Example.session("Two?", title: "a_b")), now: 30)
    perform(.keep(number: 0, id: nil, Example.session("Three?", "A Cat.")), now: 20)
    #expect(listed().map(\.id) == [2, 3, 1])
    #expect(listed().map(\.questions) == [1, 1, 2])
    #expect(listed().map(\.label) == ["a_b", "Three?", "One cat?"])
    #expect(listed("cat").map(\.id) == [3, 1])
    #expect(listed("a_b").map(\.id) == [2])
    #expect(listed("_%").isEmpty)
    #expect(listed("100 %").map(\.id) == [1])
    #expect(opened(.last)?.id == 2)
  }

  @Test func titlesComeAndGo() {
    perform(.keep(number: 0, id: nil, Example.session("One?")))
    #expect(perform(.rename(id: 1, title: "first")) == [.renamed(id: 1, title: "first")])
    #expect(listed().map(\.title) == ["first"])
    #expect(perform(.rename(id: 1, title: "")) == [.renamed(id: 1, title: nil)])
    #expect(listed().map(\.title) == [nil])
    #expect(perform(.rename(id: 2, title: "x")).count == 1)
    #expect(perform(.delete(id: 1)) == [.deleted(id: 1)])
    #expect(listed().isEmpty)
    guard case .refused? = perform(.delete(id: 1)).first else {
      Issue.record("what is gone was deleted")
      return
    }
  }

  @Test func filesAreForTheirOwnerAlone() throws {
    // Also where a generous mask would allow more, and while the database is in use.
    let keeper = SessionKeeper(folder: folder) { _ in }
    keeper.post { .keep(number: 0, id: nil, Example.session("One?")) }
    keeper.finish()
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(names.contains(SessionDatabase.name + "-wal"))
    for name in names { #expect(try mode(folder + "/" + name) == 0o600, "\(name)") }
    #expect(try mode(folder) == 0o700)
  }

  private func mode(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }

  // MARK: Several processes

  @Test func twoStoresWriteTheirOwnConversationsAtTheSameTime() {
    let keepers = (0..<2).map { _ in SessionKeeper(folder: folder) { _ in } }
    for number in 0..<40 {
      for (index, keeper) in keepers.enumerated() {
        keeper.post { .keep(number: number, id: nil, Example.session("\(index) \(number)?")) }
      }
    }
    for keeper in keepers { keeper.finish() }
    #expect(Set(listed().map(\.question)).count == 80)
    #expect(Set(listed().map(\.id)).count == 80)
  }

  @Test func aConversationThatTwoGoOnWithBecomesTwo() {
    perform(.keep(number: 0, id: nil, Example.session("One?", "First.")))
    let reports = Reports()
    let (a, b) = (
      SessionKeeper(folder: folder) { reports.events.append($0) },
      SessionKeeper(folder: folder) { reports.events.append($0) }
    )
    for keeper in [a, b] {
      keeper.post { .open(.id(1)) }
      keeper.finish()
    }
    a.post { .keep(number: 5, id: 1, Example.session("One?", "First.", "A?")) }
    a.finish()
    b.post { .keep(number: 5, id: 1, Example.session("One?", "First.", "B?")) }
    b.finish()
    // Also one that was deleted meanwhile is kept anew.
    perform(.delete(id: 1))
    a.post { .keep(number: 5, id: 1, Example.session("One?", "First.", "A?", "Aa.")) }
    a.finish()
    #expect(opened(.id(2))?.session == Example.session("One?", "First.", "B?"))
    #expect(opened(.id(3))?.session == Example.session("One?", "First.", "A?", "Aa."))
    #expect(reports.events.contains(.kept(number: 5, id: 2)))
  }

  // MARK: Files that cannot be used

  @Test func aDatabaseOfALaterVersionStaysAsItIs() throws {
    perform(.keep(number: 0, id: nil, Example.session("One?")))
    try sql("PRAGMA user_version = 9; CREATE TABLE later (x)")
    let before = try Data(contentsOf: URL(filePath: path))
    let events = perform(
      .keep(number: 0, id: nil, Example.session("Two?")),
      .keep(number: 0, id: nil, Example.session("Two?", "2.")), .list(search: ""))
    #expect(events.count == 2, "said once, and once more to somebody who asks: \(events)")
    for case .notice(let sentence) in events {
      #expect(sentence.contains("version 9") && sentence.contains("later prefixkv"))
    }
    #expect(try Data(contentsOf: URL(filePath: path)) == before)
  }

  @Test(arguments: [0, 40, 100, 4096])
  func aDamagedDatabaseIsSetAside(at offset: Int) throws {
    for number in 0..<30 {
      perform(.keep(number: number, id: nil, Example.session("\(number) is one question?")))
    }
    var bytes = try Data(contentsOf: URL(filePath: path))
    for place in offset..<min(bytes.count, offset + 3000) { bytes[place] = 0xA5 }
    try bytes.write(to: URL(filePath: path))
    let events = perform(.keep(number: 0, id: nil, Example.session("After?")))
    guard case .notice(let sentence)? = events.first else {
      Issue.record("nothing was said: \(events)")
      return
    }
    #expect(sentence.contains("is damaged") && sentence.contains("damaged-1"), "\(sentence)")
    #expect(try Data(contentsOf: URL(filePath: path + ".damaged-1")) == bytes)
    #expect(listed().map(\.question) == ["After?"])
  }

  @Test(arguments: [
    "UPDATE session SET setting = '{'",
    "UPDATE session SET setting = replace(setting, '\"budget\":0.3', '\"budget\":3')",
    "UPDATE session SET setting = replace(setting, '\"max_tokens\":100', '\"max_tokens\":-1')",
    "UPDATE message SET body = '[]'",
    "UPDATE message SET body = replace(body, '\"offset\":0', '\"offset\":99')",
    "UPDATE message SET body = replace(body, '\"seen\":10', '\"seen\":-10')",
  ])
  func whatDoesNotFitTogetherIsRefused(change: String) throws {
    perform(.keep(number: 0, id: nil, Example.session("One?", "First.")))
    try sql(change)
    #expect(perform(.open(.id(1))) == [.refused("\(SessionError.unreadable(id: 1))")])
  }

  @Test func anotherProgramsDatabaseIsSetAside() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try sql("CREATE TABLE notes (text); INSERT INTO notes VALUES ('mine')")
    let before = try Data(contentsOf: URL(filePath: path))
    perform(.keep(number: 0, id: nil, Example.session("One?")))
    #expect(try Data(contentsOf: URL(filePath: path + ".damaged-1")) == before)
    #expect(listed().map(\.question) == ["One?"])
  }

  @Test func whatCannotBeWrittenIsSaidOnceAndTriedAgain() throws {
    let reports = Reports()
    let keeper = SessionKeeper(folder: folder) { reports.events.append($0) }
    // A file where the folder should be; root may write anywhere else.
    try Data().write(to: URL(filePath: folder))
    for text in ["One?", "Two?"] {
      keeper.post { .keep(number: 0, id: nil, Example.session(text)) }
    }
    keeper.finish()
    #expect(reports.events.count == 1, "\(reports.events)")
    try FileManager.default.removeItem(atPath: folder)
    keeper.post { .keep(number: 0, id: nil, Example.session("Two?", "2.")) }
    keeper.finish()
    #expect(
      reports.events.suffix(2)
        == [.kept(number: 0, id: 1), .notice("The conversation is kept again.")])
    #expect(opened(.last)?.session == Example.session("Two?", "2."))
  }

  @Test func aFullDiskIsSaidAndWhatWasKeptStays() throws {
    let database = try SessionDatabase(folder: folder)
    let kept = try database.keep(Example.session("One?"), nil, as: nil, now: 1)
    // As many pages as there are: SQLite then says what it says of a full disk.
    let pages = try database.queue.inDatabase { database in
      let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
      try database.execute(sql: "PRAGMA max_page_count = \(pages)")
      return pages
    }
    let long = Example.session("One?", String(repeating: "word ", count: 10_000))
    #expect {
      try database.keep(long, nil, as: kept, now: 2)
    } throws: {
      "\($0)".contains("the disk is full")
    }
    #expect(try database.read(.last).session == Example.session("One?"))
    try database.queue.inDatabase { database in
      try database.execute(sql: "PRAGMA max_page_count = \(pages + 100)")
    }
    _ = try database.keep(long, nil, as: kept, now: 3)
    #expect(try database.read(.last).session == long)
  }

  // MARK: Pictures

  @Test func aSmallCopyTakesThePlaceOfAPictureThatIsGoneOrHasChanged() throws {
    let picture = temporary.path + "/cat.png"
    try Data("cat".utf8).write(to: URL(filePath: picture))
    let digest = "77af778b51abd4a3c51c5ddd97204a9c3ae614ebccb75a606c3b6865aed6744e"
    perform(
      .keep(number: 0, id: nil, Example.session("One?", picture: picture)),
      .keepPicture(number: 0, SavedPicture(digest: digest, copy: Array("small".utf8))))
    #expect(opened(.last)?.picture == picture && opened(.last)?.pictureNote == nil)

    try Data("dog".utf8).write(to: URL(filePath: picture))
    let changed = try #require(opened(.last))
    #expect(changed.picture == folder + "/picture-1.png")
    #expect(changed.pictureNote?.contains("has changed") == true)
    #expect(try Data(contentsOf: URL(filePath: folder + "/picture-1.png")) == Data("small".utf8))
    #expect(try mode(folder + "/picture-1.png") == 0o600)

    try FileManager.default.removeItem(atPath: picture)
    #expect(opened(.last)?.pictureNote?.contains("is gone") == true)
    perform(.delete(id: 1))
    #expect(!FileManager.default.fileExists(atPath: folder + "/picture-1.png"))
  }

  @Test func entriesHaveAPlaceBesideTheDatabaseAndGoWithTheirConversation() throws {
    #expect(perform(.entriesPlace(number: 0, id: nil)) == [.refused("\(SessionError.notKept)")])
    let place = folder + "/entries-1"
    let events = perform(
      .keep(number: 0, id: nil, Example.session("One?")), .entriesPlace(number: 0, id: nil))
    #expect(events.last == .entriesPlace(path: place))
    #expect(opened(.last)?.entries == nil)
    try Data("x".utf8).write(to: URL(filePath: place))
    #expect(opened(.last)?.entries == place)
    perform(.delete(id: 1))
    #expect(!FileManager.default.fileExists(atPath: place))
  }

  private func sql(_ text: String) throws {
    let queue = try DatabaseQueue(path: path)
    try queue.writeWithoutTransaction { try $0.execute(sql: text) }
    try queue.close()
  }
}

/// Conversations made up for tests.
enum Example {
  static func session(_ texts: String..., title: String? = nil, picture: String? = nil)
    -> SavedSession
  {
    let messages = texts.enumerated().map { index, text in
      index % 2 == 0
        ? SavedMessage(role: .question, text: text)
        : SavedMessage(
          role: .answer, text: text, note: "2 tokens",
          conditions: [.init(offset: 0, policy: "prefixkv", budget: 0.3)], tokens: [4, 7],
          layers: [.init(image: 3, text: 4, seen: 10)])
    }
    return SavedSession(title: title, setting: setting(picture: picture), messages: messages)
  }

  static func setting(picture: String? = nil) -> SessionSetting {
    SessionSetting(
      model: "llava:7b", modelName: "llava", weightType: "Q4_0", template: "vicuna_v1", system: nil,
      tiles: nil, picture: picture, policy: "prefixkv", budget: 0.3, temperature: 0.7, topP: 1,
      seed: .max, maxTokens: 100)
  }
}
