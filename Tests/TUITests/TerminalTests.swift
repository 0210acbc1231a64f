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

  @Test(arguments: [SIGSEGV, SIGABRT, SIGILL, SIGSYS]) func aCrashRestoresTheTerminal(
    _ signal: Int32
  ) throws {
    let session = try TerminalSession()
    try session.wait(for: "ready")
    session.send(signal)
    #expect(session.terminatingSignal() == signal)
    #expect(session.modesAreRestored && session.contains("\u{1B}[?1049l"))
    #expect(session.contains("prefixkv has crashed"))
  }

  @Test(arguments: [SIGSEGV, SIGBUS, SIGFPE, SIGTRAP, SIGABRT])
  func aCrashOnTheEnginesThreadRestoresTheTerminal(_ signal: Int32) throws {
    let session = try TerminalSession(["--delay", "2", "--crash", "\(signal)"])
    try session.wait(for: "ready")
    session.type("hello\r")
    #expect(session.terminatingSignal() == signal)
    #expect(session.modesAreRestored && session.contains("\u{1B}[?1049l"))
    #expect(session.contains("prefixkv has crashed"))
  }

  /// 34 is the first real-time signal.
  @Test(arguments: [SIGQUIT, SIGXCPU, SIGUSR1, SIGALRM, SIGVTALRM, 34])
  func everyOtherEndRestoresTheTerminal(_ signal: Int32) throws {
    let session = try TerminalSession()
    try session.wait(for: "ready")
    session.send(signal)
    #expect(session.terminatingSignal() == signal)
    #expect(session.modesAreRestored && session.contains("\u{1B}[?1049l"))
    #expect(!session.contains("prefixkv has crashed"))
  }

  @Test func aTerminalThatGoesAwayWithoutSIGHUPEndsTheProgram() throws {
    let session = try TerminalSession(isControlling: false)
    try session.wait(for: "ready")
    session.disappear()
    #expect(session.exitStatus(reading: false) == 129)
  }

  private func stuckSession() throws -> TerminalSession {
    let session = try TerminalSession(["--delay", "1", "--tokens", "1000000"])
    try session.wait(for: "ready")
    session.type("hello\r")
    try session.waitUntilStuck()
    return session
  }

  @Test(arguments: [SIGTERM, SIGHUP]) func aTerminalThatNobodyReadsDoesNotHoldBackAnEnd(
    _ signal: Int32
  ) throws {
    let session = try stuckSession()
    session.send(signal)
    #expect(session.exitStatus(reading: false) == 128 + signal)
    #expect(session.modesAreRestored)
  }

  @Test func stoppingAlwaysStopsAndContinues() throws {
    let session = try TerminalSession(["--delay", "1", "--tokens", "1000000"])
    try session.wait(for: "ready")
    session.type("hello\r")
    for _ in 0..<20 {
      session.send(SIGTSTP)
      try session.waitUntilStopped()
      #expect(session.modesAreRestored)
      session.forgetOutput()
      session.send(SIGCONT)
      try session.wait(for: "answering")
    }
    session.send(SIGTERM)
    #expect(session.exitStatus() == 143)
  }

  @Test func stoppingStopsAlsoWhereNobodyReads() throws {
    let session = try stuckSession()
    session.send(SIGTSTP)
    try session.waitUntilStopped(reading: false)
    #expect(session.modesAreRestored)
    session.send(SIGCONT)
    try session.waitUntilTaken()
    session.send(SIGTERM)
    #expect(session.exitStatus() == 143)
    #expect(session.modesAreRestored)
  }

  @Test(arguments: [["LC_ALL": "C"], ["NO_COLOR": "1"], ["LC_ALL": "POSIX", "NO_COLOR": "1"]])
  func panelsNeedNeitherALocaleNorColors(_ environment: [String: String]) throws {
    let session = try TerminalSession(environment: environment)
    try session.wait(for: "● ready")
    #expect(session.contains("\u{1B}[38;5;") == (environment["NO_COLOR"] == nil))
    session.type("\u{3}\u{3}")
    #expect(session.exitStatus() == 0)
  }

  @Test func aDumbTerminalGetsLinesAndTheReason() throws {
    let session = try TerminalSession(environment: ["TERM": "dumb"])
    try session.wait(for: "line by line, because TERM is 'dumb', which cannot place a cursor.")
    session.type("/quit\r")
    #expect(session.exitStatus() == 0)
  }

  @Test func aTerminalThatSaysItIsLightGetsLightColours() throws {
    let question = "\u{1B}]11;?\u{1B}\\"
    let session = try TerminalSession(environment: ["TERM": "xterm-256color"])
    try session.wait(for: question)
    #expect(session.contains("38;5;75"))  // the accent on a dark background
    session.type("\u{1B}]11;rgb:fafa/f0f0/e6e6\u{1B}\\")
    try session.wait(for: "38;5;25")  // the accent on a light one
    session.type("\u{04}")
    #expect(session.exitStatus() == 0)
    // Nobody is asked where the user or the environment has said it.
    for (arguments, environment) in [
      (["--theme", "dark"], ["TERM": "xterm-256color"]),
      ([], ["TERM": "xterm-256color", "COLORFGBG": "15;0"]), ([], ["TERM": "linux"]),
    ] {
      let session = try TerminalSession(
        ["--delay", "1", "--tokens", "2"] + arguments, environment: environment)
      try session.wait(for: "ready")
      #expect(!session.contains(question))
      session.type("\u{04}")
      #expect(session.exitStatus() == 0)
    }
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
    // The error at the end, not the answer before it.
    #expect(result.status == 64)
    #expect(result.output.hasPrefix("The picture shows a small harbour"))
    #expect(!result.output.contains("\u{1B}"))
    #expect(result.errors.contains("because standard input is not a terminal."))
    #expect(result.errors.contains("budget 20 %\n"))
    #expect(result.errors.contains("error: There is no command '/nonsense'"))
    #expect(result.errors.contains("11.3 tok/s"))
  }

  @Test func aPipedChatEndsAtAPictureThatIsNotThere() throws {
    for input in ["/image /no/such.png\nWhat is it?\n", "/no/such.png what is it?\n"] {
      let result = try runPiped(input)
      #expect(result.status == 66 && result.output.isEmpty)
      #expect(result.errors.contains("There is no file at '/no/such.png'."))
    }
    let named = try runPiped("What is it?\n", arguments: ["--image", "/no/such.png"])
    #expect(named.status == 66 && named.output.isEmpty)
    let damaged = try runPiped("What is it?\n", arguments: ["--image", demo.path])
    #expect(damaged.status == 66 && damaged.output.isEmpty)
  }

  @Test func panelsThatCannotBeShownAreRefused() throws {
    let result = try runPiped("What is it?\n", arguments: ["--tui"])
    #expect(result.status == 64 && result.output.isEmpty)
    #expect(
      result.errors == "prefixkv: The panels cannot be shown, because "
        + "standard input is not a terminal.\n")
  }
}
