import CTerm
import Glibc
import Inference

/// Signals as bytes that `poll` can wait for.
final class Signals {
  private let pipe = WakePipe()
  var readDescriptor: Int32 { pipe.readDescriptor }

  /// Installs the handlers of this process. This must come before the terminal is taken: a signal in
  /// between would leave it taken.
  init() { cterm_signals(pipe.writeDescriptor) }

  /// Stops the process, as SIGTSTP asks, until it is continued.
  func stop() { cterm_stop() }

  /// The signals that arrived since the last call, oldest first.
  func drain() -> [Int32] {
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = read(readDescriptor, &buffer, buffer.count)
    return count > 0 ? buffer[..<count].map { Int32($0) } : []
  }
}
