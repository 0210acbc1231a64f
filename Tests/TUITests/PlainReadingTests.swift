import Inference
import Testing

@testable import TUI

/// Lines as a screen reader says them: whole words, states in words, nothing twice.
@Suite struct PlainReadingTests {
  @Test(arguments: [
    ("A red hea", "A red "), ("A red heart.", "A red heart."), ("hea", ""), ("", ""),
    ("It's", "It'"), ("2 hearts, 3", "2 hearts, "), ("赤いハート", "赤いハート"),
  ])
  func wordsAreSaidWhenTheyAreWhole(text: String, said: String) {
    #expect(Substring(text).wholeWords == said)
  }

  @Test func progressIsSaidAtItsBeginningAndEveryTenSeconds() {
    var spoken = SpokenProgress()
    let start = ContinuousClock.now
    var progress = Progress(stage: .loading, done: 0, total: 8)
    func line(after seconds: Int) -> String? {
      spoken.line(for: progress, at: start + .seconds(seconds))
    }
    #expect(line(after: 0) == "loading the model")
    progress.done = 2
    #expect(line(after: 9) == nil)
    #expect(line(after: 10) == "loading the model, 25 %")
    #expect(line(after: 19) == nil)
    progress.done = 6
    #expect(line(after: 21) == "loading the model, 75 %")
    progress.stage = .prefill
    #expect(line(after: 22) == "reading the prompt")
    #expect(spoken.line(for: nil, at: start + .seconds(23)) == nil)
    #expect(line(after: 24) == "reading the prompt")
  }

  @Test func noLineIsSaidTwiceWhenOthersAreTakenBack() {
    let (first, second, third) = (notice("model tiny"), notice("twin on"), notice("taken back"))
    var asides = PrintedAsides()
    #expect(asides.new(in: [first, Message(role: .user, text: "Hm?"), second]) == [first, second])
    #expect(asides.new(in: [first]) == [])
    #expect(asides.new(in: [first, third]) == [third])
    #expect(asides.new(in: [first, third, third]) == [third])
    let kept = Message(role: .user, text: "Hm?", wasKept: true)
    #expect(asides.new(in: [kept, first]) == [kept, first], "another conversation")
  }

  private func notice(_ text: String) -> Message { Message(role: .notice, text: text) }

  @Test(arguments: [
    ("/overlay kept", "/show layers"), ("/graphics", "/show picture"),
    ("/confidence on", "/tokens"),
    ("/theme dark", "no colours"),
  ])
  func commandsOfPanelsSayWhatLinesHaveInstead(line: String, words: String) {
    var state = Scene.answered()
    let before = state
    state.options.isPlain = true
    #expect(state.submit(line: line) == [.remember(line)])
    #expect(
      state.transcript.last?.text.contains(words) == true, "\(state.transcript.last?.text ?? "")")
    #expect(state.transcript.last?.role == .notice)
    #expect(state.overlay == before.overlay && state.showsConfidence == before.showsConfidence)
    _ = state.submit(line: "/help")
    let name = line.prefix { $0 != " " }
    #expect(
      !state.transcript.contains { $0.text.hasPrefix(name + " ") || $0.text.hasPrefix(name + ":") })
  }

  @Test func theEndOfInputEndsItsLine() throws {
    let session = try TerminalSession(["--plain", "--delay", "1", "--tokens", "5", "--layers", "3"])
    try session.wait(for: "> ")
    session.type("\u{4}")
    #expect(session.exitStatus() == 0)
    #expect(session.output.suffix(2) == Array("\r\n".utf8)[...])
  }
}
