import Foundation
import TestSupport

/// `tui-demo` on a pseudo-terminal of 80 by 24 cells.
final class TerminalSession {
  private(set) var output: [UInt8] = []
  /// -1 after `disappear`.
  private var controller: Int32
  private let terminal: Int32
  private let process: pid_t
  private let modesBefore: termios
  private var waitStatus: Int32?
  /// Home of the program, and where it keeps its state.
  private let folder: TemporaryFolder
  var state: String { folder.path }

  /// - Parameters:
  ///   - arguments: of `tui-demo`.
  ///   - environment: added to a plain one.
  ///   - folder: nil for a new one.
  ///   - isControlling: whether the kernel tells the program by SIGHUP that its terminal is gone.
  init(
    _ arguments: [String] = ["--delay", "2", "--tokens", "10", "--layers", "6"],
    environment: [String: String] = [:], isControlling: Bool = true,
    in folder: TemporaryFolder? = nil
  ) throws {
    self.folder = try folder ?? TemporaryFolder()
    controller = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var number: Int32 = 0
    var locked: Int32 = 0
    guard controller >= 0, ioctl(controller, Self.unlock, &locked) == 0,
      ioctl(controller, Self.getNumber, &number) == 0
    else { throw Failure.noTerminal }
    let name = "/dev/pts/\(number)"
    // Kept open, so that the modes can be read after the program has gone.
    terminal = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)
    var size = winsize(ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(terminal, UInt(TIOCSWINSZ), &size)
    var modes = termios()
    tcgetattr(terminal, &modes)
    modesBefore = modes
    process = try Self.spawn(
      arguments + ["--state", self.folder.path], on: name,
      environment: ["HOME": self.folder.path].merging(environment) { $1 },
      isControlling: isControlling)
    _ = fcntl(controller, F_SETFL, O_NONBLOCK)
  }

  deinit {
    if waitStatus == nil {
      kill(process, SIGKILL)
      waitpid(process, nil, 0)
    }
    if controller >= 0 { close(controller) }
    close(terminal)
  }

  // TIOCSPTLCK and TIOCGPTN of <asm-generic/ioctls.h>, and a flag of <spawn.h>: macros that Swift
  // does not import.
  private static let unlock: UInt = 0x4004_5431
  private static let getNumber: UInt = 0x8004_5430
  private static let newSession: Int16 = 0x80

  enum Failure: Error {
    case noTerminal
    case noProgram(Int32)
    case timedOut(text: String, screen: String)
  }

  // MARK: Driving

  func type(_ text: String) {
    let bytes = Array(text.utf8)
    var offset = 0
    while offset < bytes.count {
      let count = bytes[offset...].withUnsafeBytes {
        write(controller, $0.baseAddress, min($0.count, 4096))
      }
      if count > 0 { offset += count }
      if count < 0, errno != EAGAIN { return }
      read(milliseconds: count > 0 ? 0 : 10)
    }
  }

  func resize(columns: UInt16, rows: UInt16) {
    var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    output = []
    _ = ioctl(terminal, UInt(TIOCSWINSZ), &size)
  }

  func send(_ signal: Int32) { kill(process, signal) }

  /// Reads until the bytes of `text` have come. The limit only bounds a failure.
  func wait(for text: String, seconds: Int = 30) throws {
    let end = ContinuousClock.now + .seconds(seconds)
    while !contains(text) {
      guard ContinuousClock.now < end else {
        throw Failure.timedOut(
          text: text, screen: String(decoding: output.suffix(4000), as: UTF8.self))
      }
      read(milliseconds: 50)
    }
  }

  func contains(_ text: String) -> Bool { output.firstRange(of: Array(text.utf8)) != nil }

  private func read(milliseconds: Int32) {
    var waiting = pollfd(fd: controller, events: Int16(POLLIN), revents: 0)
    guard poll(&waiting, 1, milliseconds) > 0 else { return }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = Glibc.read(controller, &buffer, buffer.count)
    if count > 0 { output += buffer[..<count] }
  }

  /// The terminal goes away, as a window that is closed.
  func disappear() {
    close(controller)
    controller = -1
  }

  /// Waits without reading the screen until the kernel takes no more of it.
  func waitUntilStuck() throws {
    // "1 0x1 …": the main thread is inside write(1, …); 64 is its number on Arm.
    try wait(for: "write") { process in
      let call = (try? String(contentsOfFile: "/proc/\(process)/syscall", encoding: .utf8)) ?? ""
      return call.hasPrefix("1 0x1 ") || call.hasPrefix("64 0x1 ")
    }
  }

  func forgetOutput() { output = [] }

  /// Waits until the process is stopped. Continues to read the screen unless nobody reads.
  func waitUntilStopped(reading: Bool = true) throws {
    try wait(for: "stop", reading: reading) { process in
      let status = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
      return status.split(separator: ")").last?.hasPrefix(" T") == true
    }
  }

  /// Waits until the program has the terminal again.
  func waitUntilTaken() throws {
    try wait(for: "modes", reading: true) { _ in !modesAreRestored }
  }

  private func wait(
    for event: String, reading: Bool = false, until isTrue: (pid_t) -> Bool
  ) throws {
    let end = ContinuousClock.now + .seconds(30)
    while !isTrue(process) {
      guard ContinuousClock.now < end else { throw Failure.timedOut(text: event, screen: "") }
      if reading { read(milliseconds: 5) } else { usleep(5000) }
    }
  }

  // MARK: The end

  var modesAreRestored: Bool {
    var modes = termios()
    tcgetattr(terminal, &modes)
    return modes.c_lflag == modesBefore.c_lflag && modes.c_iflag == modesBefore.c_iflag
      && modes.c_oflag == modesBefore.c_oflag && modes.c_cflag == modesBefore.c_cflag
  }

  /// nil when the program was ended by a signal.
  func exitStatus(reading: Bool = true) -> Int32? {
    let status = finish(reading: reading)
    return status & 0x7F == 0 ? status >> 8 & 0xFF : nil
  }

  func terminatingSignal() -> Int32? {
    let signal = finish(reading: true) & 0x7F
    return signal == 0 ? nil : signal
  }

  private func finish(reading: Bool) -> Int32 {
    if let waitStatus { return waitStatus }
    var status: Int32 = 0
    let end = ContinuousClock.now + .seconds(30)
    while waitpid(process, &status, WNOHANG) == 0 {
      if ContinuousClock.now > end { kill(process, SIGKILL) }
      if reading { read(milliseconds: 20) } else { usleep(20_000) }
    }
    if reading { read(milliseconds: 0) }
    waitStatus = status
    return status
  }

  // MARK: Starting

  private static func spawn(
    _ arguments: [String], on terminalName: String, environment extra: [String: String],
    isControlling: Bool
  ) throws -> pid_t {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // A session of its own: the first terminal it opens becomes its controlling terminal.
    if isControlling { posix_spawnattr_setflags(&attributes, newSession) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor in 0...2 as ClosedRange<Int32> {
      posix_spawn_file_actions_addopen(
        &actions, descriptor, terminalName, O_RDWR | (isControlling ? 0 : O_NOCTTY), 0)
    }
    let path = demo.path
    let words = [path] + arguments
    let plain = ["TERM": "xterm-256color", "LC_ALL": "C.UTF-8"]
    let environment = plain.merging(extra) { $1 }.map { "\($0.key)=\($0.value)" }
    var process = pid_t()
    let status = withPointers(words) { words in
      withPointers(environment) { environment in
        posix_spawn(&process, path, &actions, &attributes, words, environment)
      }
    }
    guard status == 0 else { throw Failure.noProgram(status) }
    return process
  }

  private static func withPointers<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    let pointers = strings.map { strdup($0) }
    defer { for pointer in pointers { free(pointer) } }
    return body(pointers + [nil])
  }
}

/// The screen with a scripted engine.
let demo = BuiltProgram("tui-demo")

/// Runs `tui-demo` with standard input from a pipe.
func runPiped(_ input: String, arguments: [String] = []) throws -> BuiltProgram.Outcome {
  try withFolder { folder in
    try demo.run(
      ["--delay", "1", "--tokens", "10", "--layers", "3", "--state", folder] + arguments,
      input: Data(input.utf8), environment: ["HOME": folder])
  }
}
