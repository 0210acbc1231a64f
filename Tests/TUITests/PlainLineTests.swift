import Testing

@testable import TUI

/// Plain mode in a terminal: lines are edited, completed and brought back.
@Suite struct PlainLineTests {
  private func session(_ environment: [String: String] = [:]) throws -> TerminalSession {
    let session = try TerminalSession(
      ["--plain", "--delay", "1", "--tokens", "5", "--layers", "3"], environment: environment)
    try session.wait(for: "> ")
    return session
  }

  @Test func tabCompletesCommandsAndListsChoices() throws {
    let session = try session()
    session.type("/budg\t")
    try session.wait(for: "/budget ")
    session.type("50%\r")
    try session.wait(for: "budget")
    session.forgetOutput()
    session.type("/s\t")
    for name in ["set", "save", "show", "sessions"] { try session.wait(for: "\n" + name) }
    session.type("\u{15}/quit\r")
    #expect(session.exitStatus() == 0)
    #expect(session.modesAreRestored)
  }

  @Test func theArrowBringsEarlierLinesBack() throws {
    let session = try session()
    session.type("/show budget\r")
    try session.wait(for: " %")
    session.forgetOutput()
    session.type("\u{1B}[A")
    try session.wait(for: "/show budget")
    session.type("\u{15}\u{4}")
    #expect(session.exitStatus() == 0, "Ctrl+D in an empty line leaves")
    #expect(session.modesAreRestored)
  }

  @Test func aTerminalWithoutACursorIsReadLineByLine() throws {
    let session = try session(["TERM": "dumb"])
    session.type("/quit\n")
    #expect(session.exitStatus() == 0)
    #expect(!session.contains("\u{1B}"))
  }
}
