import Inference
import KVCache
import Testing

@testable import TUI

/// Tokens line by line.
@Suite struct PlainTokenTests {
  private static func scene() -> AppState {
    var state = TokenTests.scene()
    state.options.isPlain = true
    return state
  }

  @Test func everyTokenOfTheLastAnswerIsALine() {
    var state = Self.scene()
    let before = state.transcript.count
    #expect(state.submit(line: "/tokens") == [.remember("/tokens")])
    let lines = state.transcript.dropFirst(before).map(\.text)
    #expect(lines.count == 5)
    #expect(lines[2] == "3. 'harbour' 40 %, or 'large' 20 %, 'old' 5 %")
  }

  @Test func oneTokenIsToldWhenTheEngineHasAnswered() {
    var state = Self.scene()
    let effects = state.submit(line: "/tokens 3")
    #expect(effects.contains(.post(.attention(of: 12))))
    #expect(effects.contains(.post(.explain(position: 12))))
    #expect(state.inspection.told == 12)
    let before = state.transcript.count
    state.feed(.engine(TokenTests.entries), .engine(TokenTests.standing(of: 12)))
    #expect(state.transcript.count == before)
    let after = state.feed(.engine(TokenTests.attention(of: 12)))
    #expect(after.contains(.post(.recordAttention(false))))
    let lines = state.transcript.dropFirst(before).map(\.text)
    #expect(lines.first == "'harbour' 40 %, or 'large' 20 %, 'old' 5 %")
    #expect(lines.last == "layer 1: evicted, rank 12, attention 0.031")
    #expect(state.inspection.told == nil && !state.inspection.isOn)
  }

  @Test func anEngineThatFailsIsNotWaitedFor() {
    var state = Self.scene()
    _ = state.submit(line: "/tokens 3")
    state.feed(.engine(.failed("The file is gone.")))
    #expect(state.inspection.told == nil)
  }

  @Test func numbersBeyondTheAnswerAreRefused() {
    var state = Self.scene()
    for text in ["0", "6", "-1", "x", "99999999999999999999"] {
      _ = state.submit(line: "/tokens \(text)")
      #expect(
        state.transcript.last?.text
          == "/tokens takes the number of a token of the last answer, 1 to 5, not '\(text)'.")
    }
  }
}
