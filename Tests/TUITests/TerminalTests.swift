import Foundation
import Testing

/// Drives the program on a real terminal: a pseudo-terminal with `tui-demo` behind it.
@Suite(.serialized) struct TerminalTests {
  @Test func typingQuittingAndLeavingRestoresTheModes() throws {
    let session = try TerminalSession()
    try session.wait(for: "ready")
    session.type("hello\r")
    try session.wait(for: "done:")
    session.resize(columns: 100, rows: 30)
    try session.wait(for: "Tab panels")
    session.type("/quit\r")
    #expect(session.exitStatus() == 0)
    #expect(session.modesAreRestored)
    #expect(session.contains("\u{1B}[?1049l"))
    #expect(session.contains("\u{1B}[?2004l"))
  }

  @Test(arguments: [SIGTERM, SIGHUP]) func aTerminatingSignalRestoresTheTerminal(_ signal: Int32)
    throws
  {
    let session = try TerminalSession()
    try session.wait(for: "ready")
    session.send(signal)
    #expect(session.exitStatus() == 128 + signal)
    #expect(session.modesAreRestored && session.contains("\u{1B}[?1049l"))
  }

  @Test(arguments: [SIGSEGV, SIGABRT, SIGILL]) func aCrashRestoresTheTerminal(_ signal: Int32)
    throws
  {
    let session = try TerminalSession()
    try session.wait(for: "ready")
    session.send(signal)
    #expect(session.terminatingSignal() == signal)
    #expect(session.modesAreRestored && session.contains("\u{1B}[?1049l"))
    #expect(session.contains("prefixkv has crashed"))
  }

  @Test func aPastedMegabyteArrivesWhole() throws {
    let session = try TerminalSession()
    try session.wait(for: "ready")
    session.type("\u{1B}[200~" + String(repeating: "0123456\n", count: 1 << 17) + "\u{1B}[201~")
    try session.wait(for: "131073 lines")
    session.type("\u{3}\u{3}")
    #expect(session.exitStatus() == 0)
  }

  @Test func nothingFromOutsideSteersTheTerminal() throws {
    let session = try TerminalSession()
    try session.wait(for: "ready")
    session.type("\u{1B}[200~a\u{1B}]52;c;eA==\u{7}\u{9B}31mb\u{1B}[201~")
    try session.wait(for: "]52;c;eA==")
    #expect(!session.contains("\u{1B}]52"))
    #expect(!session.contains("\u{9B}31m"))
    session.type("\u{3}\u{3}")
    #expect(session.exitStatus() == 0)
  }

  @Test func aPipeGetsTheAnswerAndNothingElse() throws {
    let result = try runPiped("/budget 20%\nWhat is it?\n/nonsense\n")
    #expect(result.status == 0)
    #expect(result.output.hasPrefix("The picture shows a small harbour"))
    #expect(!result.output.contains("\u{1B}"))
    #expect(result.errors.contains("error: There is no command '/nonsense'"))
    #expect(result.errors.contains("11.3 tok/s"))
  }
}
