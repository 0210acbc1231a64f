import Foundation

/// A value behind a lock. `NSLock` and not `Synchronization.Mutex`: ThreadSanitizer reports false
/// races for the latter on Linux in Swift 6.3.
final class Locked<Value>: @unchecked Sendable {
  private let lock = NSLock()
  private var value: Value

  init(_ value: sending Value) { self.value = value }

  func withLock<Result>(
    _ body: (inout Value) throws -> sending Result
  ) rethrows -> sending Result {
    lock.lock()
    defer { lock.unlock() }
    return try body(&value)
  }
}

/// A queue with many posters and one reader that can sleep on `readDescriptor` in `poll`.
///
/// One byte is written to the pipe on each change from empty to not empty, so a reader that drains
/// on every wake-up never misses a message and an idle one is never woken.
public final class Mailbox<Message: Sendable>: Sendable {
  private let queue = Locked<[Message]>([])
  private let pipe = WakePipe()
  /// Readable while messages wait.
  public var readDescriptor: Int32 { pipe.readDescriptor }

  /// An empty queue.
  public init() {}

  deinit { pipe.closeBoth() }

  /// Appends a message and wakes the reader. May be called on any thread.
  public func post(_ message: Message) {
    let wasEmpty = queue.withLock { queue in
      queue.append(message)
      return queue.count == 1
    }
    if wasEmpty { pipe.wake() }
  }

  /// All waiting messages. The pipe is emptied first, so no wake-up is lost.
  public func drain() -> [Message] {
    var sink = [UInt8](repeating: 0, count: 64)
    while read(readDescriptor, &sink, sink.count) == sink.count {}
    return queue.withLock { queue in
      defer { queue.removeAll(keepingCapacity: true) }
      return queue
    }
  }

  /// Blocks the calling thread until at least one message is there.
  public func waitAndDrain() -> [Message] {
    while true {
      var descriptor = pollfd(fd: readDescriptor, events: Int16(POLLIN), revents: 0)
      while poll(&descriptor, 1, -1) < 0 && errno == EINTR {}
      let messages = drain()
      if !messages.isEmpty { return messages }
    }
  }
}
