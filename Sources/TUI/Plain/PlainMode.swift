import Foundation
import Glibc
import Inference

/// The chat line by line: for pipes, screen readers and simple terminals. The same state, the same
/// commands; answers go to standard output, everything else to standard error.
struct PlainMode {
  private var state: AppState
  private let services: Services
  private let signals = Signals()
  private var printer = PlainPrinter()
  private var input = LineReader()

  /// True where the full screen is unwanted or impossible.
  static func isWanted(
    options: AppOptions, environment: [String: String], hasUTF8: Bool
  ) -> Bool {
    let term = environment["TERM"] ?? ""
    let hasNoColor = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
    return options.plain || hasNoColor || term.isEmpty || term == "dumb" || !hasUTF8
      || isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0
  }

  init(options: AppOptions, services: Services) {
    var options = options
    options.plain = true
    state = AppState(size: Size(columns: 80, rows: 24), depth: .none, options: options)
    self.services = services
  }

  mutating func run() -> Int32 {
    handle(.started)
    while true {
      printer.show(state)
      // A line is taken when the one before it is done, so that a piped list of commands and
      // questions runs in order.
      while !isWaiting, state.exitStatus == nil, let line = input.next() {
        takeLine(line)
        printer.show(state)
      }
      if printer.isBroken { state.exitStatus = 128 + SIGPIPE }  // as if the signal had come
      if let status = state.exitStatus {
        services.engine.post(.shutdown)
        return status
      }
      if input.isAtEnd, !isWaiting {
        state.exitStatus = state.model == nil ? 1 : 0  // nothing could be answered
      } else {
        wait()
      }
    }
  }

  private var isWaiting: Bool { state.isBusy || !state.queue.isEmpty }

  private mutating func takeLine(_ line: String) {
    for effect in state.submit(line: line) { perform(effect) }
  }

  private mutating func wait() {
    let wantsInput = !input.isAtEnd
    if wantsInput, !isWaiting { printer.promptForInput() }
    var descriptors = [
      pollfd(fd: services.engine.events.readDescriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: signals.readDescriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
    ]
    guard poll(&descriptors, wantsInput && !isWaiting ? 3 : 2, -1) > 0 else { return }
    for signal in signals.drain() { handle(signal: signal) }
    for event in services.engine.events.drain() { handle(.engine(event)) }
    if descriptors[2].revents != 0 { input.fill() }
  }

  private mutating func handle(signal: Int32) {
    switch signal {
    case SIGINT: handle(.key(.control("C")))
    case SIGTERM, SIGHUP: state.exitStatus = 128 + signal
    case SIGTSTP: raise(SIGSTOP)
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

/// Standard input as lines, without blocking.
struct LineReader {
  private var bytes: [UInt8] = []
  private(set) var hasEnded = false

  var isAtEnd: Bool { hasEnded && bytes.isEmpty }

  /// Reads what is there. Call when `poll` says so.
  mutating func fill() {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(STDIN_FILENO, &buffer, buffer.count)
    if count > 0 {
      bytes += buffer[..<count]
    } else if count == 0 || errno != EINTR {
      hasEnded = true
    }
  }

  /// The next whole line; at the end of input also one without a newline. `"""` begins and ends a
  /// line that holds several.
  mutating func next() -> String? {
    let quotes = Array("\"\"\"".utf8)
    if bytes.starts(with: quotes) {
      let rest = bytes[quotes.count...]
      if let end = rest.firstRange(of: quotes) {
        let text = String(decoding: rest[..<end.lowerBound], as: UTF8.self)
        let after = rest[end.upperBound...].prefix(1) == [10] ? 1 : 0
        bytes.removeSubrange(..<(end.upperBound + after))
        return text
      }
      guard hasEnded else { return nil }
    }
    if let end = bytes.firstIndex(of: 10) {
      defer { bytes.removeSubrange(...end) }
      return String(decoding: bytes[..<end], as: UTF8.self)
    }
    guard hasEnded, !bytes.isEmpty else { return nil }
    defer { bytes = [] }
    return String(decoding: bytes, as: UTF8.self)
  }
}
