import Basics
import Foundation
import Glibc
import Inference

/// The loop of the full screen: waits for keys, engine and signals, and paints.
struct ScreenLoop {
  /// The shortest time between two frames while the engine is busy.
  private static let frame = Duration.milliseconds(33)
  /// How often the spinner advances.
  private static let spinnerMilliseconds: Int32 = 120

  private var state: AppState
  private let terminal: Terminal
  private let services: Services
  private let log: LogFile
  private let signals: Signals
  private let memo: DrawingMemo
  private let asksBackground: Bool
  private let clock = ContinuousClock()
  private var painted: ContinuousClock.Instant?
  private var measured: ContinuousClock.Instant?
  private var isMemoryStale = false
  /// When a demonstration was last told of the time.
  private var told: ContinuousClock.Instant?

  init(
    state: AppState, terminal: Terminal, services: Services, log: LogFile, signals: Signals,
    asksBackground: Bool
  ) {
    self.state = state
    self.terminal = terminal
    self.services = services
    self.log = log
    self.signals = signals
    self.asksBackground = asksBackground
    memo = DrawingMemo(symbols: terminal.symbols)
  }

  /// - Returns: the exit status of the process.
  mutating func run() -> Int32 {
    log.takeStandardError()
    defer {
      terminal.close()
      log.giveBackStandardError()
    }
    paint()  // before anything is loaded
    if asksBackground { terminal.askBackground() }
    handle(.started)
    var isStale = true
    while true {
      if let status = state.exitStatus {
        services.finish()
        return status
      }
      if isStale, untilNextFrame <= .zero {
        paint()
        isStale = false
      }
      if wait(isStale: isStale) { isStale = true }
      passTime()
    }
  }

  /// Tells a demonstration how much time has passed.
  private mutating func passTime() {
    let now = clock.now
    defer { told = now }
    guard state.demo != nil, let told else { return }
    handle(.passed(told.duration(to: now)))
  }

  private var untilNextFrame: Duration {
    guard state.isBusy, let painted else { return .zero }
    return Self.frame - painted.duration(to: clock.now)
  }

  private mutating func paint() {
    measureMemory()
    terminal.show(draw(state, memo: memo), theme: state.theme, colors: state.options.colors)
    painted = clock.now
  }

  /// At most twice a second: the kernel walks its tables for it. What is not measured now is measured
  /// a little later, also when nothing else happens until then.
  private mutating func measureMemory() {
    isMemoryStale = measured.map { $0.duration(to: clock.now) < .milliseconds(500) } ?? false
    guard !isMemoryStale else { return }
    measured = clock.now
    if let memory = ProcessMemory.measured() { handle(.memory(memory)) }
  }

  /// Sleeps until something happens and takes it in.
  ///
  /// - Returns: whether the screen may have changed.
  private mutating func wait(isStale: Bool) -> Bool {
    var descriptors = [
      pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
      pollfd(fd: services.engine.events.readDescriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: signals.readDescriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: services.answers.readDescriptor, events: Int16(POLLIN), revents: 0),
    ]
    let ready = poll(&descriptors, 4, timeout(isStale: isStale))
    if ready == 0 {
      if !isStale, state.needsTicks { handle(.tick) }
      return true
    }
    guard ready > 0 else { return false }  // a signal came; its byte waits in the pipe
    for signal in signals.drain() { handle(signal: signal) }
    if descriptors[1].revents != 0 {
      for event in services.engine.events.drain() { handle(.engine(event)) }
    }
    if descriptors[3].revents != 0 {
      for event in services.answers.drain() { handle(event) }
    }
    takeInput(descriptors[0].revents)
    return true
  }

  private mutating func takeInput(_ readiness: Int16) {
    if readiness & Int16(POLLIN) != 0 {
      for event in terminal.events() where state.exitStatus == nil { handle(event) }
    }
    // The terminal has gone without SIGHUP. Reading from it would return at once forever.
    if readiness & Int16(POLLHUP | POLLERR | POLLNVAL) != 0, state.exitStatus == nil {
      state.exitStatus = 128 + SIGHUP
    }
  }

  /// Milliseconds for `poll`; -1 when nothing on the screen moves by itself.
  private func timeout(isStale: Bool) -> Int32 {
    if isStale {
      let parts = untilNextFrame.components
      return max(
        0, Int32(parts.seconds) * 1000 + Int32(parts.attoseconds / 1_000_000_000_000_000) + 1)
    }
    return state.needsTicks ? Self.spinnerMilliseconds : isMemoryStale ? 500 : -1
  }

  private mutating func handle(signal: Int32) {
    switch signal {
    case SIGWINCH: handle(.resized(terminal.takeSize()))
    case SIGINT: handle(.key(.control("C")))
    case SIGTSTP: suspend()
    case SIGCONT: terminal.repaint()
    default: state.exitStatus = 128 + signal
    }
  }

  /// Gives the terminal to the shell; it may have another size afterwards.
  private mutating func suspend() {
    terminal.suspend()
    handle(.resized(terminal.size))
  }

  /// Takes an event in, and at once also those that answer the effects it has, so that effects
  /// happen in the order in which they were asked for.
  private mutating func handle(_ event: AppEvent) {
    for effect in update(&state, event) {
      switch effect {
      case .repaint: terminal.repaint()
      case .suspend: suspend()
      case .mouseReports(let isOn): terminal.setMouseReports(isOn)
      case .quit(let status): state.exitStatus = status
      case .copy(let text): handle(services.copied(text) ?? terminal.copy(text))
      case .post, .listPaths, .listModels, .readPictures, .remember, .save, .export, .store,
        .keepPicture:
        for answer in services.perform(effect) { handle(answer) }
      }
    }
  }
}
