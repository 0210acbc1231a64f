import Basics
import Glibc

/// Standard input as lines, without blocking.
struct LineReader {
  private var bytes: [UInt8] = []
  private var hasEnded = false
  /// Why no more can be read, where that is not the end of the input.
  private(set) var failure: FileError?

  var isAtEnd: Bool { hasEnded && bytes.isEmpty }

  /// Reads what is there. To be called when `poll` says so.
  mutating func fill() {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(STDIN_FILENO, &buffer, buffer.count)
    if count > 0 {
      bytes += buffer[..<count]
    } else if count == 0 {
      hasEnded = true
    } else if errno != EINTR, errno != EAGAIN {
      failure = .cannotRead(path: StandardInput.name, reason: systemReason())
      hasEnded = true
    }
  }

  /// Takes a line that was typed elsewhere; nil ends the input.
  mutating func take(_ line: String?) {
    if let line { bytes += Array(line.utf8) + [10] } else { hasEnded = true }
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
