import Inference
import Testing

@testable import TUI

/// The twin as the screen shows it.
@Suite struct QualityTests {
  private static func token(_ divergence: Double, _ other: String? = nil, from: Int? = nil)
    -> EngineEvent
  {
    .quality(
      TokenQuality(
        divergence: divergence, other: other, twinBytes: 5 << 20, approximateFrom: from))
  }

  private static func scored(isFinished: Bool = true, from: Int? = nil) -> AppState {
    var state = Scene.ready(120, 40)
    state.send("What is this?")
    state.press(.function(4))
    state.feed(.engine(.answerStarted(promptTokens: 640, timeToFirstToken: .zero)))
    let words: [(String, String?)] = [
      ("A ", nil), ("small ", nil), ("harbour ", " town"), ("at ", nil), ("dusk.", "noon"),
    ]
    for (word, other) in words {
      state.feed(
        .engine(.token(text: word, tokensPerSecond: 9)),
        .engine(token(other == nil ? 0 : 0.5, other, from: from)))
    }
    if isFinished { state.feed(.engine(.answerFinished(Scene.statistics))) }
    return state
  }

  @Test func keyAndCommandSwitchTheTwinAndSayItsCost() {
    var state = Scene.answered()
    #expect(state.press(.function(4)) == [.post(.setTwin(true))])
    #expect(state.status.text.contains("a second, full cache (5.0 MiB)"))
    #expect(state.send("/twin off").last == .post(.setTwin(false)))
    #expect(state.send("/twin").last == .post(.setTwin(true)))
    state.send("/twin maybe")
    #expect(state.transcript.last?.text == "/twin takes on or off, not 'maybe'.")
  }

  @Test func thePanelShowsDivergenceAndAgreement() {
    let state = Self.scored()
    #expect(Panel.quality.summary(state, 40) == "KL 0.200, agrees 60 %")
    let text = Panel.quality.text(state).joined(separator: "\n")
    #expect(text.contains("at most 0.50 nats"))
    #expect(text.contains("first other word: 'town' for 'harbour'"))
    #expect(state.screen.contains("agrees 60 %"))
    #expect(Panel.memory.text(state).joined().contains("the twin's full cache 5.0 MiB"))
  }

  @Test func theFirstOtherWordIsUnderlinedAndNamed() {
    let state = Self.scored()
    let index = state.transcript.count - 1
    let rows = ChatRows(state, width: 60).rows(of: index)
    let span = rows[0].spans.first { $0.look == .other }
    #expect(span.map { String(rows[0].text).utf8Slice($0.range) } == "harbour ")
    #expect(rows[1...].allSatisfy { $0.spans.isEmpty })
    #expect(
      state.transcript[index].note?
        .contains("the full cache would have said 'town' at the underlined place") == true)
    let canvas = draw(state, memo: DrawingMemo())
    let underlined = (0..<canvas.size.rows).flatMap { y in
      (0..<canvas.size.columns).filter { canvas[$0, y].style.attributes.contains(.underline) }
        .map { canvas[$0, y].glyph }
    }
    #expect(underlined.joined() == "harbour ")
  }

  @Test func laterTurnsAreCalledApproximate() {
    #expect(!Panel.quality.text(Self.scored()).joined().contains("approximate"))
    let text = Panel.quality.text(Self.scored(from: 660)).joined()
    #expect(text.contains("approximate: answers from position 660 on had a budget"))
  }

  @Test func anAnswerThatRepeatsItselfIsCalledThat() {
    #expect(Repetition.period(of: "A boat lies there. A boat lies there. A boat lies there.") == 4)
    #expect(Repetition.period(of: "no no no no no no") == 1)
    #expect(Repetition.period(of: "very very very nice") == nil)
    #expect(Repetition.period(of: "A small harbour at dusk.") == nil)
    #expect(Repetition.period(of: "") == nil)
  }

  @Test func withoutTheTwinThePanelIsItsHeading() {
    let state = Scene.answered()
    #expect(Panel.quality.heights(state, 40).isEmpty)
    #expect(Panel.quality.summary(state, 40) == "off, F4 measures")
  }
}
