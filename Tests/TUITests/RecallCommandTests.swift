import Inference
import KVCache
import Testing

@testable import TUI

/// What `/recall` changes, and how the screen says what recall cost.
@Suite struct RecallCommandTests {
  @Test func recallIsTurnedOffAndOn() {
    var state = Scene.answered()
    #expect(state.recalls, "it is on from the beginning")
    #expect(state.send("/recall off").last == .post(.setRecall(false)))
    #expect(!state.recalls)
    #expect(state.send("/recall").last == .post(.setRecall(true)))
    state.send("/recall maybe")
    #expect(state.transcript.last?.text == "/recall takes on or off, not 'maybe'.")
    #expect(state.recalls)
  }

  @Test func anAnswersFootnoteAndTheMemoryPanelSayWhatItCost() {
    var recall = RecallReport()
    #expect(recall == RecallReport())
    recall.entries = 100
    recall.bytes = 3 << 20
    recall.duration = .milliseconds(4)
    recall.peakBytes = 7 << 20
    var state = Scene.answered()
    #expect(!Panel.memory.text(state).joined().contains("recalled"))
    state.send("And that?")
    state.feed(.engine(.answerStarted(promptTokens: 9, timeToFirstToken: .milliseconds(20))))
    state.feed(.engine(.token(text: "Blue.", tokensPerSecond: 10)))
    state.feed(
      .engine(
        .answerFinished(
          AnswerStatistics(
            promptTokens: 9, imageTokens: 0, generatedTokens: 1,
            timeToFirstToken: .milliseconds(20), decodeTokensPerSecond: 10, finish: .endOfSequence,
            recall: recall))))
    let footnote = state.transcript.last?.footnote?.replacing("\u{A0}", with: " ")
    #expect(footnote?.hasSuffix("recalled 3.0 MiB") == true, "\(footnote ?? "none")")
    let panel = Panel.memory.text(state).joined()
    #expect(panel.contains("recalled for the question 3.0 MiB in 4.0 ms"), "\(panel)")
    #expect(panel.contains("allocated while it was read 7.0 MiB"), "\(panel)")
    state.feed(.engine(.cleared))
    #expect(!Panel.memory.text(state).joined().contains("recalled"))
  }
}
