import Basics
import Foundation
import Sessions
import TestSupport
import Testing

@testable import TUI

/// Conversations of a program that runs in a terminal.
@Suite struct SessionTerminalTests {
  /// What the newest kept conversation holds.
  private func texts(in state: String) throws -> [String] {
    let folder = UserFolders.sessions(in: state)
    guard let database = try SessionDatabase.existing(in: folder),
      let (_, session, _) = try? database.read(.last)
    else { return [] }
    return session.messages.map(\.text)
  }

  @Test func whatWasKeptOutlivesAKill() throws {
    let folder = try TemporaryFolder()
    let session = try TerminalSession(
      ["--delay", "10", "--tokens", "400", "--layers", "3", "--keep"], in: folder)
    try session.wait(for: "ready")
    session.type("What is this?\r")
    // The first sentence has ended, and the second is being written.
    let sentence = "The picture shows a small harbour at dusk. "
    var kept: [String] = []
    for _ in 0..<600 where kept.count < 2 || !kept[1].hasPrefix(sentence) {
      try session.wait(for: "What is this?")
      usleep(50_000)
      kept = try texts(in: folder.path)
    }
    session.send(SIGKILL)
    #expect(session.terminatingSignal() == SIGKILL)
    let left = try texts(in: folder.path)
    #expect(left.count == 2 && left.first == "What is this?")
    #expect(left.last?.hasPrefix(sentence) == true, "\(left)")

    let again = try TerminalSession(
      ["--delay", "1", "--tokens", "10", "--layers", "3", "--keep", "--resume", "last"], in: folder)
    try again.wait(for: "resumed")
    #expect(again.contains("harbour") && again.contains("cut off when"))
    again.type("/quit\r")
    #expect(again.exitStatus() == 0)
  }

  @Test func twoProgramsKeepTheirConversationsAtTheSameTime() throws {
    let folder = try TemporaryFolder()
    let sessions = try (0..<2).map { _ in
      try TerminalSession(
        ["--delay", "1", "--tokens", "20", "--layers", "3", "--keep"], in: folder)
    }
    for (index, session) in sessions.enumerated() {
      try session.wait(for: "ready")
      session.type("Question \(index)?\r")
    }
    for session in sessions {
      try session.wait(for: "done:")
      session.type("/quit\r")
      #expect(session.exitStatus() == 0)
    }
    let database = try #require(
      try SessionDatabase.existing(in: UserFolders.sessions(in: folder.path)))
    let questions = try database.summaries(search: "").map(\.question)
    #expect(Set(questions) == ["Question 0?", "Question 1?"])
  }
}
