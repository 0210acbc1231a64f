import Foundation
import Synchronization

/// Temporary names where a signal handler can read them.
struct TemporaryNames: @unchecked Sendable {  // `slots` is only changed under the lock
  /// The names of the process; a signal that ends it removes their files.
  static let shared = TemporaryNames()
  /// Installs the handlers once, after `shared` exists: a handler must not initialise anything.
  private static let handlers: Void = listen()
  private static let lock = Mutex(())
  private static let count = 64

  /// C strings; nil marks a free slot. The memory is never freed, because a handler may read it at
  /// any time.
  private let slots: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

  init() {
    slots = .allocate(capacity: Self.count)
    slots.initialize(repeating: nil, count: Self.count)
  }

  /// Registers a name.
  ///
  /// - Returns: its slot; nil when all are taken: a signal then does not remove the file.
  func add(_ path: String) -> Int? {
    _ = Self.handlers
    return Self.lock.withLock { _ in
      guard let slot = (0..<Self.count).first(where: { slots[$0] == nil }) else { return nil }
      slots[slot] = strdup(path)
      return slot
    }
  }

  func forget(_ slot: Int?) {
    guard let slot else { return }
    Self.lock.withLock { _ in
      let path = slots[slot]
      slots[slot] = nil
      free(path)
    }
  }

  /// Removes every file. It may be called in a signal handler.
  func removeAll() {
    for slot in 0..<Self.count { if let path = slots[slot] { unlink(path) } }
  }

  /// Handles the signals that end a program, unless they are handled already.
  private static func listen() {
    _ = shared
    for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU, SIGALRM, SIGUSR1, SIGUSR2] {
      var former = sigaction()
      sigaction(number, nil, &former)
      guard former.__sigaction_handler.sa_handler == nil else { continue }
      signal(number) { number in
        TemporaryNames.shared.removeAll()
        signal(number, SIG_DFL)
        raise(number)
      }
    }
  }
}
