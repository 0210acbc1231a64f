import Basics
import Foundation
import Inference
import TestSupport
import Testing

@testable import TUI

@Suite struct FileTests {
  private let temporary: TemporaryFolder
  private var folder: String { temporary.path }

  init() throws { temporary = try TemporaryFolder() }

  private struct NoEngine: EngineConnection {
    let events = Mailbox<EngineEvent>()
    func post(_ command: EngineCommand) {}
  }

  private var services: Services {
    Services(
      engine: NoEngine(), history: HistoryFile(path: folder + "/deep/er/history"),
      sessions: NoStore(), answers: Mailbox())
  }

  @Test func historyOutlivesTheProcess() throws {
    let path = folder + "/state/prefixkv/history"
    try HistoryFile(path: path).add("one\ntwo / \u{1B}[0m 港")
    try HistoryFile(path: path).add("three")
    try HistoryFile(path: path).add("three")
    #expect(HistoryFile(path: path).entries() == ["one\ntwo / \u{1B}[0m 港", "three"])
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
  }

  @Test func twoInstancesKeepEachOthersHistory() throws {
    let path = folder + "/history"
    let (first, second) = (HistoryFile(path: path), HistoryFile(path: path))
    try first.add("a")
    try second.add("b")
    try first.add("c")
    #expect(HistoryFile(path: path).entries() == ["a", "b", "c"])
  }

  @Test func damagedHistoryCostsOnlyItsDamagedLines() throws {
    let path = folder + "/history"
    let bytes =
      Array("\"good\"\nnonsense\n{\"v\":2}\n\"in".utf8) + [0xFF]
      + Array("valid\"\n\"also good\"\n\"cut".utf8)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    #expect(HistoryFile(path: path).entries() == ["good", "also good"])
    try HistoryFile(path: path).add("new")
    #expect(HistoryFile(path: path).entries() == ["good", "also good", "new"])
  }

  @Test func manyInstancesAppendWithoutLoss() {
    let path = folder + "/history"
    let failures = Mailbox<String>()
    DispatchQueue.concurrentPerform(iterations: 8) { writer in
      let file = HistoryFile(path: path)
      for number in 0..<50 {
        do { try file.add("\(writer) \(number)") } catch { failures.post("\(error)") }
      }
    }
    #expect(failures.drain() == [])
    let entries = HistoryFile(path: path).entries()
    #expect(entries.count == 400 && Set(entries).count == 400)
    for writer in 0..<8 {
      let own = entries.filter { $0.hasPrefix("\(writer) ") }
      #expect(own == (0..<50).map { "\(writer) \($0)" })
    }
  }

  @Test func aLongHistoryIsCutToItsNewestEntries() throws {
    let path = folder + "/history"
    let file = HistoryFile(path: path)
    let long = String(repeating: "x", count: HistoryFile.longestEntry - 8)
    let count = HistoryFile.largestFile / HistoryFile.longestEntry + 2
    for number in 0..<count { try file.add("\(number) \(long)") }
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    #expect(HistoryFile(path: path).entries().last?.hasPrefix("\(count - 1) ") == true)
  }

  @Test func anUnwritableHistoryIsToldOnce() {
    let file = HistoryFile(path: "/proc/prefixkv/history")
    expectRefusal(FileError.self, says: ["/proc/prefixkv", "cannot be created"]) {
      try file.add("a")
    }
    #expect(throws: Never.self) { try file.add("b") }
  }

  @Test func savingNeverReplacesAFile() throws {
    let path = folder + "/chat.md"
    #expect(
      services.perform(.save(path: path, text: "hello")).contains {
        if case .noted = $0 { true } else { false }
      })
    let events = services.perform(.save(path: path, text: "other"))
    guard case .failed(let sentence, _)? = events.first else {
      Issue.record("the file was replaced")
      return
    }
    #expect(sentence == "'\(path)' exists already. Choose another name.")
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "hello")
  }

  @Test func onlyPicturesAndFoldersAreListedForAPicture() throws {
    try FileManager.default.createDirectory(
      atPath: folder + "/my pictures", withIntermediateDirectories: true)
    for name in ["a b.png", "ábc.JPG", ".hidden.png", "notes.txt", "png"] {
      try "x".write(toFile: folder + "/" + name, atomically: true, encoding: .utf8)
    }
    guard
      case .completions(let found, _)? = services.perform(
        .listPaths(prefix: folder + "/", .pictures)
      ).first
    else {
      Issue.record("no completions")
      return
    }
    #expect(
      found == ["/a b.png", "/my pictures/", "/ábc.JPG"].map { folder + $0 })
  }

  @Test func quotedAndEscapedPathsAreFound() throws {
    let path = folder + "/my cat.png"
    try "x".write(toFile: path, atomically: true, encoding: .utf8)
    for text in [path, "'\(path)'", path.replacing(" ", with: "\\ "), "file://" + path] {
      #expect(
        services.perform(.readPictures(.image(text))).first?.mention
          == .one(path: path, question: ""))
    }
    let hostile = services.perform(.readPictures(.image("\(path)\0.png"))).first?.mention
    #expect(hostile != .one(path: path, question: ""))
  }
}

extension AppEvent {
  fileprivate var mention: PictureMention? {
    if case .pictureRead(_, let mention) = self { mention } else { nil }
  }
}
