import Inference
import KVCache

@testable import TUI

/// The screen's state with the bundled model behind it, and no terminal.
final class DrivenChat {
  private struct Connection: EngineConnection {
    let engine: Engine
    var events: Mailbox<EngineEvent> { engine.events }

    func post(_ command: EngineCommand) { engine.post(command) }
  }

  private(set) var state: AppState
  private let engine: Engine
  private let services: Services
  /// Is given every effect before it is carried out.
  var onEffect: (AppEffect) -> Void = { _ in }

  init(_ state: AppState) throws {
    self.state = state
    // How many tokens a pass brings depends on how long passes take here.
    var options = ChatOptions(policy: try RetentionPolicies.named("prefixkv"))
    options.lookAhead = .off
    engine = Engine(
      options: options,
      load: LoadOptions(threads: 2))
    services = Services(
      engine: Connection(engine: engine), history: HistoryFile(path: "/nonexistent"),
      sessions: NoStore(), answers: Mailbox())
  }

  deinit { engine.post(.shutdown) }

  func handle(_ event: AppEvent) {
    for effect in update(&state, event) {
      onEffect(effect)
      for answer in services.perform(effect) { handle(answer) }
    }
  }

  /// Takes in what the engine has told, and waits for it where it is at work.
  func takeNews() {
    if state.isBusy { engine.events.waitAndDrain().forEach { handle(.engine($0)) } }
    for event in engine.events.drain() { handle(.engine(event)) }
  }

  /// Does something and waits until everything that it asks for is done.
  func settle(_ body: (DrivenChat) -> Void) {
    body(self)
    engine.post(.settle)
    var isSettled = false
    while !isSettled || state.isBusy {
      for event in engine.events.waitAndDrain() {
        if event == .settled { isSettled = true }
        handle(.engine(event))
      }
    }
  }

  /// Waits until the last answer was scored at all budgets, which nobody needs to ask for.
  func waitForCurve() {
    while state.quality.curve?.isRunning != false {
      for event in engine.events.waitAndDrain() { handle(.engine(event)) }
    }
  }

  func send(_ line: String) {
    settle { chat in
      for character in line { chat.handle(.key(.character(character))) }
      chat.handle(.key(.enter))
    }
  }

  func press(_ key: Key) { settle { $0.handle(.key(key)) } }

  func resize(_ columns: Int, _ rows: Int) {
    settle { $0.handle(.resized(Size(columns: columns, rows: rows))) }
  }
}
