import Foundation
import TestSupport
import Testing

@testable import Basics

@Suite struct OutputFileTests {
  private let temporary: TemporaryFolder
  private var folder: String { temporary.path }

  init() throws { temporary = try TemporaryFolder() }

  private func files() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  private func text(_ name: String) throws -> String {
    try String(contentsOfFile: folder + "/" + name, encoding: .utf8)
  }

  @Test func fileAppearsWithItsCommit() throws {
    let file = try OutputFile(path: folder + "/a")
    try file.write("one".utf8)
    #expect(try files().isEmpty)
    try file.commit()
    #expect(try files() == ["a"])
    #expect(try text("a") == "one")
  }

  @Test func abandonedFileLeavesTheTargetAsItWas() throws {
    try OutputFile.write("old".utf8, to: folder + "/a")
    do {
      let file = try OutputFile(path: folder + "/a")
      try file.write("new".utf8)
    }
    #expect(try files() == ["a"])
    #expect(try text("a") == "old")
  }

  @Test func linkStaysAndItsTargetIsReplaced() throws {
    try OutputFile.write("old".utf8, to: folder + "/target")
    try FileManager.default.createSymbolicLink(
      atPath: folder + "/link", withDestinationPath: "target")
    try FileManager.default.createSymbolicLink(
      atPath: folder + "/dangling", withDestinationPath: folder + "/later")
    try OutputFile.write("new".utf8, to: folder + "/link")
    try OutputFile.write("made".utf8, to: folder + "/dangling")
    #expect(try text("target") == "new")
    #expect(try text("later") == "made")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder + "/link") == "target")
  }

  @Test func permissionsOfAReplacedFileStay() throws {
    try OutputFile.write("old".utf8, to: folder + "/a")
    chmod(folder + "/a", 0o640)
    try OutputFile.write("new".utf8, to: folder + "/a")
    var status = stat()
    #expect(stat(folder + "/a", &status) == 0)
    #expect(status.st_mode & 0o777 == 0o640)
  }

  @Test func pipeIsWrittenAndStaysAPipe() throws {
    let path = folder + "/pipe"
    #expect(mkfifo(path, 0o600) == 0)
    let reader = open(path, O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    try OutputFile.write("through".utf8, to: path)
    var bytes = [UInt8](repeating: 0, count: 20)
    #expect(read(reader, &bytes, 20) == 7)
    #expect(String(decoding: bytes.prefix(7), as: UTF8.self) == "through")
    var status = stat()
    #expect(stat(path, &status) == 0)
    #expect(status.st_mode & S_IFMT == S_IFIFO)
  }

  @Test func closedPipeIsAnErrorWithItsReason() throws {
    signal(SIGPIPE, SIG_IGN)
    let path = folder + "/pipe"
    #expect(mkfifo(path, 0o600) == 0)
    let reader = open(path, O_RDONLY | O_NONBLOCK)
    let file = try OutputFile(path: path)
    close(reader)
    #expect(throws: FileError.closedPipe(path: path)) {
      try file.write("nobody reads".utf8)
    }
  }

  @Test func folderAndMissingFolderAreRefused() throws {
    let inner = folder + "/none/a"
    #expect(throws: FileError.cannotCreate(path: folder, reason: "is a directory")) {
      try OutputFile(path: folder)
    }
    #expect(throws: FileError.cannotCreate(path: inner, reason: "no such file or directory")) {
      try OutputFile(path: inner)
    }
  }

  @Test func emptyPathAndTrailingSlashAreRefused() throws {
    for path in ["", folder + "/a/", "a\0b"] {
      expectRefusal(FileError.self, says: ["'\(path)' cannot be created: "], path) {
        try OutputFile(path: path)
      }
    }
    #expect(try files().isEmpty)
  }

  @Test func pathsThatLeadNowhereAreRefusedAtOnce() throws {
    try FileManager.default.createSymbolicLink(
      atPath: folder + "/loop", withDestinationPath: "loop")
    for name in ["loop", String(repeating: "a", count: 300)] {
      expectRefusal(FileError.self, says: ["cannot be created: "], name) {
        try OutputFile(path: folder + "/" + name)
      }
    }
    #expect(try files() == ["loop"])
  }

  @Test func anInputIsRefusedAsAnOutputUnderEveryName() throws {
    let (input, other) = (folder + "/input", folder + "/other")
    for path in [input, other] { try OutputFile.write("x".utf8, to: path) }
    #expect(link(input, folder + "/twin") == 0)
    try FileManager.default.createSymbolicLink(
      atPath: folder + "/link", withDestinationPath: "input")
    for path in [input, "\(folder)/./input", folder + "/twin", folder + "/link"] {
      #expect(
        throws: FileError.cannotCreate(path: path, reason: "the picture is being read from it")
      ) {
        try InputFiles.protect([folder + "/none", input], of: "the picture", from: [other, path])
      }
    }
    try InputFiles.protect([input], of: "the picture", from: [other, folder + "/new"])
    try InputFiles.protect(["/dev/null"], of: "the picture", from: ["/dev/null"])
  }

  @Test func pairIsCommittedTogether() throws {
    let pair = (try OutputFile(path: folder + "/a"), try OutputFile(path: folder + "/b"))
    try pair.0.write("x".utf8)
    try pair.1.write("x".utf8)
    #expect(try files().isEmpty)
    try OutputFile.commit(pair.0, pair.1)
    #expect(try files() == ["a", "b"])
  }

  @Test(arguments: [true, false])
  func pairWhoseSecondFileFailsLeavesTheFirstAsItWas(firstExists: Bool) throws {
    if firstExists { try OutputFile.write("old".utf8, to: folder + "/a") }
    let pair = (try OutputFile(path: folder + "/a"), try OutputFile(path: folder + "/b"))
    try pair.0.write("new".utf8)
    mkdir(folder + "/b", 0o700)
    #expect(throws: FileError.cannotWrite(path: folder + "/b", reason: "is a directory")) {
      try OutputFile.commit(pair.0, pair.1)
    }
    let left = try files().filter { !$0.hasPrefix(".") }
    #expect(left == (firstExists ? ["a", "b"] : ["b"]))
    if firstExists { #expect(try text("a") == "old") }
  }

  /// File systems without `O_TMPFILE` need a name from the beginning.
  @Test func namedTemporaryIsRemovedOnEveryWay() throws {
    do {
      let file = try OutputFile(path: folder + "/a", allowsUnnamed: false)
      try file.write("x".utf8)
      #expect(try files().count == 1)
    }
    #expect(try files().isEmpty)
    let file = try OutputFile(path: folder + "/a", allowsUnnamed: false)
    try file.write("x".utf8)
    try file.commit()
    #expect(try files() == ["a"])
  }

  /// Never freed, as the program's own.
  private static let names = TemporaryNames()

  /// What a signal's handler does, with names of its own.
  @Test func signalsRemoveTheNamesThatAreNotForgotten() throws {
    let names = Self.names
    var slots: [Int] = []
    for name in ["a", "b"] {
      try OutputFile.write("x".utf8, to: folder + "/" + name)
      slots.append(try #require(names.add(folder + "/" + name)))
    }
    names.forget(slots[0])
    names.removeAll()
    #expect(try files() == ["a"])
    while names.add(folder + "/c") != nil {}  // no slot is left, which is no error
    names.removeAll()
    #expect(try files() == ["a"])
  }
}
