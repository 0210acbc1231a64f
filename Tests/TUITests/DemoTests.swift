import Foundation
import Inference
import KVCache
import TestSupport
import Testing

@testable import TUI

/// `prefixkv demo` without a terminal.
@Suite(.timeLimit(.minutes(5))) struct DemoTests {
  private static func state() -> AppState {
    var options = Scene.options()
    options.budget = .share(1)
    options.samplePicture = ModelLocator.samplePicture()
    options.isDemo = true
    return AppState(size: Size(columns: 100, rows: 30), depth: .none, options: options)
  }

  /// The whole script on the bundled model. What is measured is not compared.
  @Test func theDemonstrationEndsInTheChat() throws {
    let chat = try DrivenChat(Self.state())
    chat.onEffect = { effect in
      if case .remember = effect { Issue.record("the demonstration is in the history") }
    }
    var captions: [String] = []
    chat.handle(.started)
    while let demo = chat.state.demo {
      if captions.last != demo.caption { captions.append(demo.caption) }
      chat.handle(.passed(.milliseconds(500)))
      chat.takeNews()
    }
    let state = chat.state
    #expect(captions == Demo.script.map(\.caption))
    #expect(!state.isBusy)
    #expect(state.transcript.filter { $0.role == .error }.isEmpty)
    #expect(state.transcript.count { $0.role == .model } == 2, "the answer and the former one")
    #expect(state.comparison?.columns.count == 5)
    #expect(state.comparison?.columns.allSatisfy { $0.answer?.agreement != nil } == true)
    #expect(state.overlay == .kept)
    #expect(Self.withoutMeasurements(state.screen) == Self.lastScreen)
  }

  /// The screen with `#` for times and speeds. What stands around them moves with their widths, so runs
  /// of blanks and of lines are one.
  private static func withoutMeasurements(_ screen: String) -> String {
    screen
      .replacing(/[0-9]+(\.[0-9]+)?[\ \u{A0}](tok\/s\b|ms\b|s\b|…)/) { "# \($0.output.2)" }
      .replacing(/[⠁-⣿]+(\ +[0-9.]+)?/, with: "")
      .replacing(/[\ ─]+(?=\n|$)/, with: "")
      .replacing(/[\ ─]{2,}/, with: "  ")
  }

  private static let lastScreen = withoutMeasurements(
    """
     prefixkv  bundled  F16 · 10 layers · template vicuna_v1, found in chat_template.json       ● ready

     chat ───────────────────────────────────── 1 question  picture ────────────────────── overlay kept
     ❯ Describe this image in detail.                                       ██████████
                                                                            ██████████
     ○ The picture shows eight shapes on a plain light                      ██████████
       background. At the top left there is a medium blue                   ██████████
       crescent. At the top there is a medium cyan heart.                   ██████████
       At the top right there is a medium green ring. In    kept by no layer ··░░░░▒▒▒▒▓▓▓▓██ all 10
       the center there is a small gray cross. On the       budget ─────────────────────────── prefixkv
       right there is a medium cyan diamond. At the bottom   100 % ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━●
       left there is a medium red heart. At the bottom      2.0 of 2.0 MiB kept, p 1.000
       there is a small yellow heart. At the bottom right   layers █picture ▒text ──────── 2060 of 2060
       there is a medium blue heart. By shape, I count one  0 █████████████████▒▒▒▒▒▒▒▒   206/206 100 %
       crescent, four hearts, one ring, one cross and one   1 █████████████████▒▒▒▒▒▒▒▒   206/206 100 %
       diamond. By color, I count two blue, two cyan, one   2 █████████████████▒▒▒▒▒▒▒▒   206/206 100 %
       green, one gray, one red and one yellow. By size, I  3 █████████████████▒▒▒▒▒▒▒▒   206/206 100 %
       count six medium and two small.                      4 █████████████████▒▒▒▒▒▒▒▒   206/206 100 %
       the former answer, 149 tokens, # tok/s,           5 █████████████████▒▒▒▒▒▒▒▒   206/206 100 %
       first after # ms, prefixkv at 100 %                6 █████████████████▒▒▒▒▒▒▒▒   206/206 100 %
                                                            7 █████████████████▒▒▒▒▒▒▒▒   206/206 100 %
     ● The picture shows a blue heart, a green ring, a      8 █████████████████▒▒▒▒▒▒▒▒   206/206 100 %
       cyan diamond and an arrow.                           9 █████████████████▒▒▒▒▒▒▒▒   206/206 100 %
       18 tokens, # tok/s, first after # ms, 11 of   memory ─────────────────────── 2.0 MiB kept
       1440 picture entries left, prefixkv at 10 %          context               206 of 4096 positions
                                                            speed ───────────────────────── # tok/s
     prompt ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
     ❯ Ask about the picture                                quality ────────────────── off, F4 measures

     overlay kept: a patch is the darker, the more layers have evicted it          Tab panels · F1 help
    """)

  @Test func spacePausesArrowsSkipAndEscapeEnds() {
    var state = Self.state()
    state.size = Size(columns: 120, rows: 35)
    let first = state.demo?.caption ?? ""
    #expect(state.screen.contains(first))
    #expect(state.screen.contains("Space pauses, Esc ends"))
    state.press(.character(" "))
    state.feed(.passed(.seconds(60)))
    #expect(state.demo?.caption == first)
    #expect(state.screen.contains("paused, Space goes on"))
    state.press(.character(" "), .right)
    state.feed(.passed(.milliseconds(1)))
    #expect(state.demo?.caption != first)
    state.press(.escape)
    #expect(state.demo == nil)
  }

  @Test func theScriptWaitsForTheEngine() {
    var demo = Demo()
    #expect(demo.advance(by: .seconds(60), isIdle: false) == nil)
    #expect(demo.advance(by: .seconds(60), isIdle: true) == .line("Describe this image in detail."))
  }
}
