import Testing

@testable import TUI

/// Changes the locale of the process, so that one test runs after the other.
@Suite(.serialized) struct SurfaceTests {
  private func chosen(
    _ environment: [String: String], asked request: SurfaceRequest = .automatic,
    input: Bool = true, output: Bool = true, known: Set<String>? = nil
  ) -> Surface {
    Surface.chosen(
      request, environment: environment,
      terminal: TerminalFacts(isInput: input, isOutput: output) { known?.contains($0) ?? true })
  }

  private func isPanels(_ surface: Surface) -> Bool {
    if case .panels = surface { true } else { false }
  }

  @Test func aTerminalShowsPanels() {
    #expect(isPanels(chosen(["TERM": "xterm"])))
  }

  @Test func neitherCNorNoColorSpeaksAgainstPanels() {
    for locale in ["C", "POSIX", "", "xx_YY.UTF-8", "xx_YY"] {
      let surface = chosen(["TERM": "xterm", "LC_ALL": locale, "NO_COLOR": "1"])
      guard case .panels(let look) = surface else {
        Issue.record("\(locale): \(surface)")
        continue
      }
      #expect(look.isColorless)
    }
    guard case .panels(let look) = chosen(["TERM": "xterm", "NO_COLOR": ""]) else {
      Issue.record("no panels")
      return
    }
    #expect(!look.isColorless)
  }

  @Test func linesSayWhy() {
    #expect(
      chosen(["TERM": "xterm"], input: false)
        == .lines(because: "standard input is not a terminal"))
    #expect(
      chosen(["TERM": "xterm"], output: false)
        == .lines(because: "standard output is not a terminal"))
    #expect(chosen([:]) == .lines(because: "TERM is not set, which cannot place a cursor"))
    #expect(
      chosen(["TERM": "dumb"]) == .lines(because: "TERM is 'dumb', which cannot place a cursor"))
    #expect(
      chosen(["TERM": "vt9"], known: [])
        == .lines(because: "the terminal database has no usable entry for 'vt9'"))
    #expect(
      chosen(["TERM": "xterm", "LC_ALL": "xx_YY.ISO-8859-1@euro"])
        == .lines(because: "the locale 'xx_YY.ISO-8859-1@euro' is not UTF-8"))
    #expect(chosen(["TERM": "xterm"], asked: .lines) == .lines(because: nil))
  }

  @Test func panelsCanBeInsistedOn() {
    for environment in [
      [:], ["TERM": "dumb"], ["TERM": "vt9"], ["TERM": "xterm", "LC_ALL": "xx_YY.ISO-8859-1"],
    ] {
      #expect(isPanels(chosen(environment, asked: .panels, known: ["xterm", "xterm-256color"])))
    }
    #expect(
      chosen(["TERM": "xterm"], asked: .panels, output: false)
        == .impossible(because: "standard output is not a terminal"))
    #expect(
      chosen(["TERM": "vt9"], asked: .panels, known: [])
        == .impossible(because: "the terminal database has no usable entry for 'vt9'"))
  }

  @Test func directColorIsTriedFirstWhereItIsAnnounced() {
    let look = TerminalLook(environment: ["TERM": "tmux-256color", "COLORTERM": "truecolor"])
    #expect(look.names == ["tmux-direct", "xterm-direct", "tmux-256color", "xterm-256color"])
    guard
      case .panels(let usable) = chosen(
        ["TERM": "tmux-256color", "COLORTERM": "truecolor"], known: ["tmux-256color"])
    else {
      Issue.record("no panels")
      return
    }
    #expect(usable.names == ["tmux-256color", "xterm-256color"])
  }

  @Test func xtermIsKnownByMoreThanItsName() {
    let plain = TerminalLook(environment: ["TERM": "xterm"])
    #expect(plain.names.first == "xterm")
    let xterm = TerminalLook(environment: ["TERM": "xterm", "XTERM_VERSION": "XTerm(379)"])
    #expect(xterm.names.prefix(2) == ["xterm-256color", "xterm"])
  }
}
