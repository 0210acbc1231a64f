import Basics
import Foundation
import Glibc
import Inference

/// The chat line by line: for pipes, screen readers and simple terminals. The same state, the same
/// commands; answers go to standard output, everything else to standard error.
struct PlainMode {
  private var state: AppState
  private let services: Services
  private let signals: Signals
  private var printer = PlainPrinter()
  private var input = LineReader()
  /// How many answers to `settle` have not come.
  private var unsettled = 0
  /// What a person types with; nil where input or output is no terminal with a cursor.
  private let lines: EditedLines?
  /// A person types. Otherwise input is a script, which ends at the first error: what follows might be
  /// about another picture, or be answered under another policy than it is meant to be.
  private let isInteractive = isatty(STDIN_FILENO) != 0

  init(options: AppOptions, services: Services, signals: Signals) {
    state = AppState(size: Size(columns: 80, rows: 24), depth: .none, options: options)
    self.services = services
    self.signals = signals
    lines = EditedLines(
      earlier: services.history.entries(), terminal: ProcessInfo.processInfo.environment["TERM"])
    printer.beforeOutput = { [lines] in lines?.pause() }
  }

  /// - Returns: the exit status of the process, as `runChat` documents it.
  mutating func run() -> Int32 {
    handle(.started)
    settle()
    while true {
      printer.show(state)
      // A line is taken when the one before it is done, so that a piped list of commands and
      // questions runs in order.
      while !isWaiting, exitStatus == nil, let line = input.next() {
        handle(.line(line))
        settle()
        printer.show(state)
      }
      if let status = exitStatus {
        services.finish()
        return status
      }
      if input.isAtEnd, !isWaiting {
        state.exitStatus = 0
      } else {
        wait()
      }
    }
  }

  private var isWaiting: Bool {
    state.isBusy || !state.queue.isEmpty || state.listsAwaited > 0
      || state.inspection.told != nil || unsettled > 0
  }

  /// Lets the next line wait until the engine has done what this one asks for, so that a script learns
  /// of a budget or a policy that failed before it goes on or ends.
  private mutating func settle() {
    unsettled += 1
    services.engine.post(.settle)
  }

  private var exitStatus: Int32? {
    (printer.exitStatus ?? failureStatus)?.rawValue ?? state.exitStatus
  }

  private var failureStatus: ExitStatus? { isInteractive ? nil : state.failure }

  private mutating func wait() {
    let wantsInput = !input.isAtEnd
    if wantsInput, !isWaiting { promptForInput() }
    var descriptors = [
      pollfd(fd: services.engine.events.readDescriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: signals.readDescriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: services.answers.readDescriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
    ]
    guard poll(&descriptors, wantsInput && !isWaiting ? 4 : 3, -1) > 0 else { return }
    for signal in signals.drain() { handle(signal: signal) }
    for event in services.engine.events.drain() {
      if event == .settled { unsettled -= 1 }
      handle(.engine(event))
    }
    for event in services.answers.drain() { handle(event) }
    if descriptors[3].revents != 0 { takeInput(descriptors[3].revents) }
  }

  private mutating func promptForInput() {
    if let lines { lines.begin() } else { printer.promptForInput() }
  }

  private mutating func fillFromScript() {
    input.fill()
    if let failure = input.failure, !isInteractive {
      handle(.failed("\(failure)", failure.exitStatus))
    }
  }

  private mutating func takeInput(_ readiness: Int16) {
    guard let lines else { return fillFromScript() }
    guard readiness & Int16(POLLIN) != 0 else { return input.take(nil) }
    switch lines.read() {
    case .more: break
    case .tab(let head): lines.complete(completed(head))
    case .end:
      lines.pause()
      printer.endInput()
      input.take(nil)
    case .line(let line):
      lines.remember(line)
      input.take(line)
    }
  }

  /// What Tab makes of the text in front of the cursor; several candidates are printed.
  private mutating func completed(_ head: String) -> String {
    state.prompt.set(head)
    defer {
      state.prompt.set("")
      state.completion = nil
    }
    for effect in state.complete(by: 1) ?? [] {
      for event in services.perform(effect) { handle(event) }
    }
    let candidates = state.completion?.candidates ?? []
    if !candidates.isEmpty { StandardStream.errors.attempt("\n") }
    for candidate in candidates {
      StandardStream.errors.attempt(DisplayText.oneLine(candidate) + "\n")
    }
    return state.prompt.text
  }

  private mutating func handle(signal: Int32) {
    switch signal {
    case SIGINT where isInteractive: handle(.key(.control("C")))
    case SIGINT, SIGTERM, SIGHUP: state.exitStatus = 128 + signal
    case SIGTSTP:
      lines?.pause()
      signals.stop()
    default: break
    }
  }

  private mutating func handle(_ event: AppEvent) {
    if let memory = ProcessMemory.measured() { state.memory = memory }
    for effect in update(&state, event) { perform(effect) }
  }

  private mutating func perform(_ effect: AppEffect) {
    if case .quit(let status) = effect { state.exitStatus = status }
    for event in services.perform(effect) { handle(event) }
  }
}
