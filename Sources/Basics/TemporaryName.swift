import Foundation
import Synchronization

/// The name of a file that is only wanted until it is renamed. A signal that ends the program removes
/// it first.
struct TemporaryName {
  let path: String
  private let slot: Int?

  /// Makes an empty file.
  ///
  /// - Returns: nil with the reason in `errno`.
  static func create(in folder: String) -> (descriptor: Int32, name: TemporaryName)? {
    var descriptor: Int32 = -1
    let name = unique(in: folder) { path in
      descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      return descriptor >= 0
    }
    return name.map { (descriptor, $0) }
  }

  /// Gives a file a further name: an open one by its link in /proc, or one with a path.
  ///
  /// - Parameter folder: nil stands for the file's own.
  /// - Returns: nil with the reason in `errno`.
  static func link(to path: String, in folder: String? = nil) -> TemporaryName? {
    unique(in: folder ?? OutputTarget.folder(of: path)) { name in
      linkat(AT_FDCWD, path, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0
    }
  }

  private static func unique(in folder: String, _ make: (String) -> Bool) -> TemporaryName? {
    for _ in 0..<100 {
      let path = folder + "/.prefixkv-\(UInt32.random(in: 0 ... .max))"
      // It is noted before it exists, so that no signal comes in between.
      let name = TemporaryName(path: path, slot: TemporaryNames.add(path))
      if make(path) { return name }
      let reason = errno
      TemporaryNames.forget(name.slot)
      errno = reason
      guard reason == EEXIST else { break }
    }
    return nil
  }

  /// - Returns: whether it took its place; `errno` says why not.
  func rename(to target: String) -> Bool {
    guard Foundation.rename(path, target) == 0 else { return false }
    TemporaryNames.forget(slot)
    return true
  }

  func remove() {
    unlink(path)
    TemporaryNames.forget(slot)
  }
}

/// The temporary names of the process, where a signal handler can read them.
enum TemporaryNames {
  private static let count = 64
  /// C strings; nil is a free slot. A handler must not allocate, so the memory is there for good.
  private nonisolated(unsafe) static let slots = {
    let slots = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: count)
    slots.initialize(repeating: nil, count: count)
    return slots
  }()
  private static let lock = Mutex(())
  /// Made once, after the slots: a handler must not initialise them.
  private static let handlers: Void = listen()

  /// - Returns: nil where all slots are taken; such a file is not removed by a signal.
  static func add(_ path: String) -> Int? {
    lock.withLock { _ in
      guard let slot = (0..<count).first(where: { slots[$0] == nil }) else { return nil }
      slots[slot] = strdup(path)
      _ = handlers
      return slot
    }
  }

  static func forget(_ slot: Int?) {
    guard let slot else { return }
    lock.withLock { _ in
      let path = slots[slot]
      slots[slot] = nil
      free(path)
    }
  }

  /// Removes every file, from within a signal handler.
  static func removeAll() {
    for slot in 0..<count { if let path = slots[slot] { unlink(path) } }
  }

  /// Takes the signals that nobody handles yet and that end a program.
  private static func listen() {
    for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU, SIGALRM, SIGUSR1, SIGUSR2] {
      var former = sigaction()
      sigaction(number, nil, &former)
      guard former.__sigaction_handler.sa_handler == nil else { continue }
      signal(number) { number in
        TemporaryNames.removeAll()
        signal(number, SIG_DFL)
        raise(number)
      }
    }
  }
}
