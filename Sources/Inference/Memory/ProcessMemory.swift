import Foundation

/// What the operating system counts for this process, in bytes.
public struct ProcessMemory: Sendable, Equatable {
  /// The resident set right now.
  public var resident: Int
  /// The largest resident set so far.
  public var peak: Int

  /// Takes over given sizes.
  public init(resident: Int, peak: Int) {
    self.resident = resident
    self.peak = peak
  }

  /// Reads `/proc/self/status`; nil where there is none.
  public static func measured() -> ProcessMemory? {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else {
      return nil
    }
    func kibibytes(_ name: String) -> Int? {
      let line = text.split(separator: "\n").first { $0.hasPrefix(name + ":") }
      return line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
        .flatMap { Int($0) }
    }
    guard let resident = kibibytes("VmRSS"), let peak = kibibytes("VmHWM") else { return nil }
    return ProcessMemory(resident: resident * 1024, peak: peak * 1024)
  }
}
