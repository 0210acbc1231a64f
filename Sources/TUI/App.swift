import Foundation
import Glibc
import Inference

/// Chats with a person until they leave, on the whole screen where the terminal can do that and
/// line by line where it cannot. Returns the exit status of the process.
public func runChat(engine: any EngineConnection, options: AppOptions) -> Int32 {
  let environment = ProcessInfo.processInfo.environment
  let hasUTF8 = Locale.useUTF8(environment: environment)
  let history = HistoryFile(path: options.historyFile)
  let services = Services(engine: engine, history: history)
  let log = LogFile(folder: options.stateDirectory)
  if !PlainMode.isWanted(options: options, environment: environment, hasUTF8: hasUTF8),
    let terminal = Terminal(environment: environment, crashNotice: log.crashNotice)
  {
    let state = AppState(
      size: terminal.size, depth: terminal.depth, options: options,
      history: PromptHistory(entries: history.entries()))
    var app = App(state: state, terminal: terminal, services: services, log: log)
    return app.run()
  }
  var plain = PlainMode(options: options, services: services)
  return plain.run()
}

/// The loop of the full screen: waits for keys, engine and signals, and paints.
private struct App {
  /// The shortest time between two frames while the engine is busy.
  static let frame = Duration.milliseconds(33)
  /// How often what turns while one waits turns on, in milliseconds.
  static let turnMilliseconds: Int32 = 120

  var state: AppState
  let terminal: Terminal
  let services: Services
  let log: LogFile
  private let signals = Signals()
  private let memo: DrawingMemo
  private let clock = ContinuousClock()
  private var painted: ContinuousClock.Instant?
  private var measured: ContinuousClock.Instant?

  init(state: AppState, terminal: Terminal, services: Services, log: LogFile) {
    self.state = state
    self.terminal = terminal
    self.services = services
    self.log = log
    memo = DrawingMemo(symbols: terminal.symbols)
  }

  mutating func run() -> Int32 {
    log.takeStandardError()
    defer {
      terminal.close()
      log.giveBackStandardError()
    }
    paint()  // before anything is loaded
    handle(.started)
    var isStale = true
    while true {
      if let status = state.exitStatus {
        services.engine.post(.shutdown)
        return status
      }
      if isStale, untilNextFrame <= .zero {
        paint()
        isStale = false
      }
      if wait(isStale: isStale) { isStale = true }
    }
  }

  private var untilNextFrame: Duration {
    guard state.isBusy, let painted else { return .zero }
    return Self.frame - painted.duration(to: clock.now)
  }

  private mutating func paint() {
    measureMemory()
    terminal.show(draw(state, memo: memo))
    painted = clock.now
  }

  /// At most twice a second: the kernel walks its tables for it.
  private mutating func measureMemory() {
    if let measured, measured.duration(to: clock.now) < .milliseconds(500) { return }
    measured = clock.now
    if let memory = ProcessMemory.measured() { _ = update(&state, .memory(memory)) }
  }

  /// Sleeps until something happens and takes it in. Returns whether the screen may have changed.
  private mutating func wait(isStale: Bool) -> Bool {
    var descriptors = [
      pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
      pollfd(fd: services.engine.events.readDescriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: signals.readDescriptor, events: Int16(POLLIN), revents: 0),
    ]
    let ready = poll(&descriptors, 3, timeout(isStale: isStale))
    if ready == 0 {
      guard !isStale else { return true }
      handle(.tick)
      return true
    }
    guard ready > 0 else { return false }  // a signal; its byte waits in the pipe
    for signal in signals.drain() { handle(signal: signal) }
    if descriptors[1].revents != 0 {
      for event in services.engine.events.drain() { handle(.engine(event)) }
    }
    if descriptors[0].revents & Int16(POLLIN) != 0 {
      for event in terminal.events() where state.exitStatus == nil { handle(event) }
    } else if descriptors[0].revents != 0 {
      state.exitStatus = 129  // the terminal is gone, as after SIGHUP
    }
    return true
  }

  /// Milliseconds for `poll`; -1 when nothing on the screen moves by itself.
  private func timeout(isStale: Bool) -> Int32 {
    if isStale {
      let parts = untilNextFrame.components
      return max(
        0, Int32(parts.seconds) * 1000 + Int32(parts.attoseconds / 1_000_000_000_000_000) + 1)
    }
    return state.isBusy ? Self.turnMilliseconds : -1
  }

  private mutating func handle(signal: Int32) {
    switch signal {
    case SIGWINCH: handle(.resized(terminal.takeSize()))
    case SIGINT: handle(.key(.control("C")))
    case SIGTSTP: terminal.suspend()
    case SIGCONT: terminal.repaint()
    default: state.exitStatus = 128 + signal
    }
  }

  private mutating func handle(_ event: AppEvent) {
    var events = [event]
    while !events.isEmpty {
      for effect in update(&state, events.removeFirst()) {
        switch effect {
        case .repaint: terminal.repaint()
        case .suspend:
          terminal.suspend()
          events.append(.resized(terminal.size))
        case .mouseReports(let isOn): terminal.setMouseReports(isOn)
        case .quit(let status): state.exitStatus = status
        default: events += services.perform(effect)
        }
      }
    }
  }
}
