import Inference
import Testing

@testable import TUI

@Suite struct ChatScrollTests {
  private func long() -> AppState {
    var state = Scene.ready(80, 24)
    state.send("Count.")
    for number in 1...200 {
      state.feed(.engine(.token(text: "line \(number)\n", tokensPerSecond: 9)))
    }
    return state
  }

  private func lines(_ state: AppState) -> [Int] {
    state.screen.split(separator: "\n").compactMap { line in
      line.firstMatch(of: /line (\d+)/).flatMap { Int($0.1) }
    }
  }

  @Test func theNewestRowIsShownWhileItStreams() {
    var state = long()
    #expect(lines(state).last == 200)
    state.feed(.engine(.token(text: "line 201\n", tokensPerSecond: 9)))
    #expect(lines(state).last == 201)
  }

  @Test func aScrolledViewStandsStillWhileItStreams() {
    var state = long()
    state.press(.pageUp)
    let before = lines(state)
    #expect(before.last! < 200)
    for _ in 0..<50 { state.feed(.engine(.token(text: "more\n", tokensPerSecond: 9))) }
    #expect(lines(state) == before)
    #expect(state.screen.contains("PgDn for newer"))
  }

  @Test func pagesOverlapByTwoRowsAndReachBothEnds() {
    var state = long()
    var pages = [lines(state)]
    for _ in 0..<20 {
      state.press(.pageUp)
      pages.append(lines(state))
    }
    #expect(pages.last?.first == 1)
    let moves = zip(pages, pages.dropFirst()).filter { $1.first! > 1 }
    #expect(moves.count > 3)
    for (newer, older) in moves {
      #expect(older.last! >= newer.first!)
    }
    for _ in 0..<20 { state.press(.pageDown) }
    #expect(state.scroll == .following)
    #expect(lines(state).last == 200)
  }

  @Test func aResizeKeepsTheTopRow() {
    var state = long()
    state.press(.pageUp, .pageUp)
    let top = lines(state).first
    state.feed(.resized(Size(columns: 132, rows: 50)))
    #expect(lines(state).first == top)
    state.feed(.resized(Size(columns: 10, rows: 3)), .resized(Size(columns: 60, rows: 20)))
    #expect(lines(state).first == top)
  }

  @Test func theWheelScrollsTheChatUnderIt() {
    var state = long()
    let point = Point(x: 5, y: 5)
    let before = lines(state)
    state.feed(.mouse(.wheelUp, point))
    #expect(lines(state).first == before.first! - 3)
    state.feed(.mouse(.wheelDown, point))
    #expect(state.scroll == .following)
  }

  @Test func aShortChatDoesNotScroll() {
    var state = Scene.answered()
    state.press(.pageUp)
    #expect(state.scroll == .following)
    _ = state.show(.chat)
    state.press(.home)
    #expect(state.scroll == .following)
  }

  @Test func aNewQuestionGoesBackToTheNewestRow() {
    var state = long()
    state.feed(.engine(.answerFinished(Scene.statistics)))
    state.press(.pageUp)
    state.send("And now?")
    #expect(state.scroll == .following)
  }
}
