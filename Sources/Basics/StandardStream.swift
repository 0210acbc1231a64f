import Foundation
import Synchronization

/// Standard output or standard error: the only way to write to either.
///
/// Every write reaches the descriptor before the call returns, so that both streams keep their order
/// when they lead to the same place, and every write is checked.
public final class StandardStream: Sendable {
  /// Answers, tables and everything else that another program may read.
  public static let output = StandardStream(STDOUT_FILENO, name: "/dev/stdout")
  /// Sentences for people: progress, notices and errors.
  public static let errors = StandardStream(STDERR_FILENO, name: "/dev/stderr")

  private let descriptor: Int32
  private let name: String
  private let failure = Mutex<FileError?>(nil)

  /// - Parameter name: The stream's name in error messages.
  init(_ descriptor: Int32, name: String) {
    self.descriptor = descriptor
    self.name = name
  }

  /// Writes the text as it is.
  ///
  /// - Throws: `FileError.closedPipe` when nobody reads any more, else `FileError.cannotWrite`.
  public func write(_ text: String) throws(FileError) {
    var text = text
    let isWritten = text.withUTF8 { writeAll(UnsafeRawBufferPointer($0), to: descriptor) }
    guard isWritten else { throw FileError.writing(name, code: errno) }
  }

  /// Writes the text and a line feed.
  public func line(_ text: String = "") throws(FileError) { try write(text + "\n") }

  /// Writes a sentence for people on a line of its own, with its control characters shown by
  /// stand-ins. A failure is remembered and not thrown, because work must not stop when nobody can
  /// be told about it.
  public func notice(_ sentence: String) { attempt(DisplayText.oneLine(sentence) + "\n") }

  /// Writes the text as it is; a failure is remembered as in `notice`.
  public func attempt(_ text: String) {
    do { try write(text) } catch { failure.withLock { $0 = $0 ?? error } }
  }

  /// The first failure of `notice` or `attempt`.
  public var firstFailure: FileError? { failure.withLock { $0 } }

  /// Opens the null device on each of the descriptors 0 to 2 that is closed. Otherwise the next
  /// file that is opened would get its number, and would be read as input or filled with messages.
  ///
  /// Each is opened for the direction that is not used (input for writing, outputs for reading), so
  /// that using it still fails with "bad file descriptor", as with a closed one.
  public static func occupyClosedDescriptors() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      // open takes the lowest free number, which is this one: all smaller ones are in use by now.
      _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }
}
