import Foundation
import Inference
import KVCache
import TestSupport
import Testing

@testable import TUI

/// `prefixkv demo` without a terminal.
@Suite(.timeLimit(.minutes(5))) struct DemoTests {
  private struct Connection: EngineConnection {
    let engine: Engine
    var events: Mailbox<EngineEvent> { engine.events }

    func post(_ command: EngineCommand) { engine.post(command) }
  }

  private static func state() -> AppState {
    var options = Scene.options()
    options.budget = .share(1)
    options.samplePicture = ModelLocator.samplePicture()
    options.isDemo = true
    return AppState(size: Size(columns: 100, rows: 30), depth: .none, options: options)
  }

  /// The whole script on the bundled model. What is measured is not compared.
  @Test func theDemonstrationEndsInTheChat() throws {
    var state = Self.state()
    let engine = Engine(
      options: ChatOptions(policy: try RetentionPolicies.named("prefixkv")),
      load: LoadOptions(threads: 2))
    let services = Services(
      engine: Connection(engine: engine), history: HistoryFile(path: "/nonexistent"))
    var captions: [String] = []
    func handle(_ event: AppEvent) {
      for effect in update(&state, event) {
        if case .remember = effect { Issue.record("the demonstration is in the history") }
        for answer in services.perform(effect) { handle(answer) }
      }
    }
    handle(.started)
    while let demo = state.demo {
      if captions.last != demo.caption { captions.append(demo.caption) }
      handle(.passed(.milliseconds(500)))
      if state.isBusy { engine.events.waitAndDrain().forEach { handle(.engine($0)) } }
      for event in engine.events.drain() { handle(.engine(event)) }
    }
    engine.post(.shutdown)
    #expect(captions == Demo.script.map(\.caption))
    #expect(!state.isBusy)
    #expect(state.transcript.filter { $0.role == .error }.isEmpty)
    #expect(state.transcript.count { $0.role == .model } == 2, "the answer and the former one")
    #expect(state.comparison?.columns.count == 5)
    #expect(state.comparison?.columns.allSatisfy { $0.answer?.agreement != nil } == true)
    #expect(state.overlay == .kept)
    let screen = state.screen
    for text in ["❯ Describe this image in detail.", "the former answer", "kept by"] {
      #expect(screen.contains(text), "\(text)\n\(screen)")
    }
  }

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
