import Foundation

/// Standard input, read line by line.
public struct StandardInput {
  /// A line of more bytes is refused: 1 MiB is longer than any model's context.
  public static let longestLine = 1 << 20

  private let descriptor: Int32
  private var bytes: [UInt8] = []
  private var hasEnded = false

  /// The standard input of the process. Nothing is read yet.
  public init() { self.init(descriptor: STDIN_FILENO) }

  init(descriptor: Int32) { self.descriptor = descriptor }

  /// The next line without its line feed (and without the carriage return before it); nil at the
  /// end. Bytes that are no UTF-8 become U+FFFD.
  ///
  /// - Throws: `FileError.cannotRead`, even for a line that is too long.
  public mutating func line() throws(FileError) -> String? {
    var searched = 0
    while true {
      if let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { bytes.removeSubrange(...end) }
        return text(bytes[..<end])
      }
      if hasEnded {
        guard !bytes.isEmpty else { return nil }
        defer { bytes = [] }
        return text(bytes[...])
      }
      searched = bytes.count
      guard searched <= Self.longestLine else {
        throw .cannotRead(
          path: Self.name, reason: "a line has more than \(Self.longestLine) bytes")
      }
      try fill()
    }
  }

  /// The name of standard input in error messages.
  public static let name = "/dev/stdin"

  private func text(_ line: ArraySlice<UInt8>) -> String {
    String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
  }

  private mutating func fill() throws(FileError) {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var count = read(descriptor, &buffer, buffer.count)
    while count < 0, errno == EINTR { count = read(descriptor, &buffer, buffer.count) }
    guard count >= 0 else { throw .cannotRead(path: Self.name, reason: systemReason()) }
    hasEnded = count == 0
    bytes += buffer[..<count]
  }
}
