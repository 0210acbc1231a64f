import Foundation
import TestSupport
import Testing

@testable import Basics

@Suite struct StandardInputTests {
  /// What standard input reads as when a file with these bytes is redirected to it.
  private func lines(_ bytes: [UInt8]) throws -> [String] {
    try withFile(bytes) { path in
      let descriptor = open(path, O_RDONLY)
      defer { close(descriptor) }
      var input = StandardInput(descriptor: descriptor)
      var lines: [String] = []
      while let line = try input.line() { lines.append(line) }
      return lines
    }
  }

  @Test func linesEndWithEitherLineFeedAndTheLastWithNone() throws {
    #expect(try lines(Array("a\r\n\nb c\nd".utf8)) == ["a", "", "b c", "d"])
    #expect(try lines([]) == [])
    #expect(try lines([0x61, 0xFF, 0x0A]) == ["a\u{FFFD}"])
  }

  @Test func longLineIsReadAndALongerOneRefused() throws {
    let long = [UInt8](repeating: 0x61, count: StandardInput.longestLine)
    #expect(try lines(long + [0x0A]).map(\.utf8.count) == [long.count])
    expectRefusal(FileError.self, says: ["cannot be read", "line"]) { try lines(long + long) }
  }
}
