import Inference
import Testing

@testable import TUI

/// The answer that another one has replaced.
@Suite struct FormerAnswerTests {
  private static func regenerated(_ columns: Int, _ rows: Int) -> AppState {
    var state = TokenTests.scene(columns, rows)
    state.send("/budget 10%")
    state.send("/regenerate")
    state.feed(.engine(.answerStarted(promptTokens: 0, timeToFirstToken: .zero)))
    for word in ["Two ", "boats."] {
      state.feed(
        .engine(.token(text: word, tokensPerSecond: 9)))
    }
    state.feed(.engine(.answerFinished(Scene.statistics)))
    return state
  }

  @Test func theFormerAnswerStandsBesideTheNewOne() {
    let wide = Self.regenerated(120, 35).screen
    #expect(
      wide.split(separator: "\n").contains {
        $0.contains("Two boats.") && $0.contains("│ A small harbour at dusk.")
      }, "\(wide)")
    let narrow = Self.regenerated(80, 24).screen.split(separator: "\n")
    let former = narrow.firstIndex { $0.contains("○ A small harbour at dusk.") }
    let new = narrow.firstIndex { $0.contains("● Two boats.") }
    #expect(former.map { above in new.map { above < $0 } ?? false } == true)
    var asked = Self.regenerated(120, 35)
    asked.send("And that?")
    #expect(!asked.screen.contains("A small harbour"))
  }

  /// A long former answer goes on beside nothing, and every row of it can be scrolled to.
  @Test func columnsMayBeOfDifferentLengths() throws {
    var state = Self.regenerated(120, 35)
    let index = try #require(state.transcript.firstIndex { $0.isFormer })
    state.transcript[index].text = (1...60).map { "line \($0)" }.joined(separator: "\n")
    state.scrollChatToTop()
    let top = state.screen
    #expect(top.contains("│ line 1"))
    for _ in 0..<60 { state.scrollChat(by: 1) }
    #expect(state.screen.contains("│ line 60"))
    #expect(state.scroll == .following)
  }
}
