import Foundation
import Inference
import Testing

@testable import TUI

@Suite struct FileTests {
  private let folder: String

  init() throws {
    folder = NSTemporaryDirectory() + "tui-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  private struct NoEngine: EngineConnection {
    let events = Mailbox<EngineEvent>()
    func post(_ command: EngineCommand) {}
  }

  private var services: Services {
    Services(engine: NoEngine(), history: HistoryFile(path: folder + "/deep/er/history"))
  }

  @Test func historyOutlivesTheProcess() throws {
    let path = folder + "/state/prefixkv/history"
    _ = try HistoryFile(path: path).add("one\ntwo / \u{1B}[0m 港")
    _ = try HistoryFile(path: path).add("three")
    _ = try HistoryFile(path: path).add("three")
    #expect(HistoryFile(path: path).entries() == ["one\ntwo / \u{1B}[0m 港", "three"])
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
  }

  @Test func twoInstancesKeepEachOthersHistory() throws {
    let path = folder + "/history"
    let (first, second) = (HistoryFile(path: path), HistoryFile(path: path))
    _ = try first.add("a")
    _ = try second.add("b")
    _ = try first.add("c")
    #expect(HistoryFile(path: path).entries() == ["a", "b", "c"])
  }

  @Test func damagedHistoryCostsOnlyItsDamagedLines() throws {
    let path = folder + "/history"
    try "\"good\"\nnonsense\n{\"v\":2}\n\"also good\"\n\"cut".write(
      toFile: path, atomically: true, encoding: .utf8)
    #expect(HistoryFile(path: path).entries() == ["good", "also good"])
  }

  @Test func anUnwritableHistoryIsToldOnce() {
    let file = HistoryFile(path: "/proc/prefixkv/history")
    #expect(throws: FileError.self) { try file.add("a") }
    #expect(throws: Never.self) { try file.add("b") }
  }

  @Test func savingNeverReplacesAFile() throws {
    let path = folder + "/chat.md"
    #expect(
      services.perform(.save(path: path, text: "hello")).contains {
        if case .noted = $0 { true } else { false }
      })
    let events = services.perform(.save(path: path, text: "other"))
    guard case .failed(let sentence)? = events.first else {
      Issue.record("the file was replaced")
      return
    }
    #expect(sentence == "\(path) exists already. Choose another name.")
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "hello")
  }

  @Test func pathsAreListedWithFoldersMarked() throws {
    try FileManager.default.createDirectory(
      atPath: folder + "/my pictures", withIntermediateDirectories: true)
    for name in ["a b.png", "ábc.jpg", ".hidden"] {
      try "x".write(toFile: folder + "/" + name, atomically: true, encoding: .utf8)
    }
    guard
      case .completions(let found, _)? = services.perform(.listPaths(prefix: folder + "/")).first
    else {
      Issue.record("no completions")
      return
    }
    #expect(
      found == ["/a b.png", "/my pictures/", "/ábc.jpg"].map { folder + $0 })
  }

  @Test func quotedAndEscapedPathsAreFound() throws {
    let path = folder + "/my cat.png"
    try "x".write(toFile: path, atomically: true, encoding: .utf8)
    for text in [path, "'\(path)'", path.replacing(" ", with: "\\ "), "file://" + path] {
      guard case .pathResolved(_, let found)? = services.perform(.resolve(.image(text))).first
      else {
        Issue.record("no answer")
        return
      }
      #expect(found == path)
    }
    guard case .pathResolved(_, nil)? = services.perform(.resolve(.image("\(path)\0.png"))).first
    else {
      Issue.record("a path with NUL was found")
      return
    }
  }
}
