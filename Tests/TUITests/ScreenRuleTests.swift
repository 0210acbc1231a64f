import Basics
import Inference
import KVCache
import Testing

@testable import TUI

/// What one screen says agrees with itself, at the sizes and layer counts that people have.
@Suite struct ScreenRuleTests {
  /// A model of LLaVA-1.5-7B's size after a long answer.
  private func large(_ columns: Int, _ rows: Int) -> AppState {
    var state = Scene.answered(columns, rows, layers: 32)
    state.depth = .direct
    let layers = (0..<32).map { layer in
      let kept = 2048 - 48 * layer
      return LayerRetention(
        system: 30, image: kept / 2, user: 40, assistant: kept - kept / 2 - 70, seen: 2048)
    }
    state.feed(
      .engine(
        .cache(
          CacheSnapshot(
            layers: layers, budget: 0.3, policy: "prefixkv", threshold: 0.875,
            bytesKept: 640 << 20, bytesFull: 1024 << 20, bytesSpilled: 384 << 20,
            bytesResident: 660 << 20))))
    return state
  }

  @Test(arguments: [(80, 24), (120, 35), (200, 60)])
  func theLegendOfTheLayersFits(columns: Int, rows: Int) {
    let heading = large(columns, rows).screen.split(separator: "\n").first {
      $0.contains("layers ■")
    }
    #expect(heading?.contains("■picture ■text") == true)
    #expect(heading?.contains("…") == false)
  }

  /// Neighbouring layers of a steep plan must not look the same.
  @Test(arguments: [(80, 24), (120, 35), (200, 60)])
  func thirtyTwoLayersHaveBarsThatDiffer(columns: Int, rows: Int) throws {
    let state = large(columns, rows)
    let canvas = draw(state, memo: DrawingMemo())
    let body = try #require(Layout(state).body(of: .layers))
    if let grid = LayerGrid(layers: 32, size: body.size) {
      #expect(grid.barWidth >= 9)
      return
    }
    // One column a layer: the heights differ from one end to the other in most steps.
    let tops = (0..<body.width).map { x in
      (0..<body.height).map { y in canvas[body.x + x, body.y + y] }
    }
    let different = zip(tops, tops.dropFirst()).count { $0 != $1 }
    #expect(different >= 16, "\(different)")
  }

  @Test func noAmountOfBytesIsNothingOfSomething() {
    #expect(Format.bytes(3000, of: 3 << 20) == "2.9 KiB of 3.0 MiB")
    #expect(Format.bytes(0, of: 3 << 20) == "0 B of 3.0 MiB")
    var state = large(80, 24)
    state.feed(
      .engine(
        .cache(
          CacheSnapshot(
            layers: [LayerRetention(system: 1, image: 0, user: 0, assistant: 0, seen: 99)],
            budget: 0.01, policy: "local", threshold: nil, bytesKept: 3000, bytesFull: 3 << 20,
            bytesSpilled: 0, bytesResident: 4096))))
    #expect(!state.screen.contains("0.0 of"))
  }

  /// The header, the budget and the memory panel count the same bytes.
  @Test func keptBytesAreTheSameEverywhere() {
    let screen = large(200, 60).screen
    #expect(screen.contains("640.0 of 1024.0 MiB kept") || screen.contains("of 1.0 GiB kept"))
    #expect(screen.contains("kept entries"))
    #expect(screen.contains("allocated for them"))
    #expect(screen.contains("640.0 MiB kept"))
  }

  @Test func theStatusLineGoesWithTheEntriesThatMoved() {
    var state = large(80, 24)
    state.feed(
      .engine(
        .reconfigured(
          ReconfigurationReport(
            duration: .milliseconds(3), evicted: 34, restored: 12, bytesMoved: 100, note: nil))))
    #expect(state.status.text == "evicted 34, restored 12 in 3.0 ms")
  }

  @Test func candidatesStandAboveThePromptAndFit() {
    var state = large(80, 24)
    state.type("/image ")
    state.press(.tab)
    let names = (0..<12).map { "picture number \($0).png" }
    state.feed(.completions(names, for: ""))
    let lines = state.screen.split(separator: "\n", omittingEmptySubsequences: false)
    let shown = lines.indices.filter { lines[$0].contains("picture number") }
    #expect(shown.count >= 4)
    let prompt = lines.firstIndex { $0.hasPrefix(" prompt ") } ?? 0
    #expect(shown.allSatisfy { $0 <= prompt + 1 })
  }

  @Test func commandsAreListedAsSoonAsASlashIsTyped() {
    var state = large(80, 24)
    state.type("/")
    #expect(state.screen.contains("/tiles N") && state.screen.contains("/policy NAME"))
    state.type("re")
    #expect(state.screen.contains("/retry 0.7") && state.screen.contains("/recall on"))
    #expect(!state.screen.contains("/tiles N"))
    state.press(.tab)
    #expect(state.screen.contains("/regenerate"), "Tab goes through the same list")
    state.type("try 0.5")
    #expect(!state.screen.contains("/recall on"))
    state.press(.control("U"))
    state.type("either/or")
    #expect(!state.screen.contains("/tiles N"))
  }
}
