import Foundation

/// A pipe that wakes a thread which sleeps in `poll`: neither end blocks, and child processes do not
/// inherit it. Stays open until it is closed, since a signal handler may hold an end.
public struct WakePipe: Sendable {
  /// The end to sleep on.
  public let readDescriptor: Int32
  /// A byte written here wakes the reader.
  public let writeDescriptor: Int32

  /// Opens a pipe; stops the program when no descriptor is left.
  public init() {
    var descriptors: [Int32] = [-1, -1]
    precondition(pipe(&descriptors) == 0, "no file descriptor is left for a pipe")
    for descriptor in descriptors {
      _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }
    readDescriptor = descriptors[0]
    writeDescriptor = descriptors[1]
  }

  /// Wakes the reader. A write that fails needs no answer: the pipe is full, so the reader wakes anyway.
  func wake() {
    var byte: UInt8 = 1
    _ = write(writeDescriptor, &byte, 1)
  }

  func closeBoth() {
    close(readDescriptor)
    close(writeDescriptor)
  }
}
