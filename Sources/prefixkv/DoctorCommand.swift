import Basics
import ArgumentParser
import Foundation
import Inference
import TUI

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Show what this machine and terminal can do, and where files are looked for.")

  @Option(name: .long, help: "Threads to measure with. Default: every core this process may use.")
  var threads: Int?

  func validate() throws { try prefixkv.validate(threads: threads) }

  func run() throws {
    try exitingWithStatus {
      let limits = try MachineLimits.measure(pool: ThreadPool(threads: threads))
      section("machine", machine(limits))
      section("terminal", terminal())
      section("files", files())
    }
  }

  private func section(_ title: String, _ rows: [(String, String)]) {
    print(title)
    for (label, value) in rows {
      let padded = label.padding(toLength: 20, withPad: " ", startingAt: 0)
      print("  \(padded)\(DisplayText.visible(value))")
    }
  }

  private func machine(_ limits: MachineLimits) -> [(String, String)] {
    func giga(_ rate: Double, _ unit: String) -> String {
      String(format: "%.1f %@", rate / 1e9, unit)
    }
    return [
      ("instructions", limits.instructions),
      ("threads", "\(limits.threads)"),
      (
        "memory read",
        giga(limits.readBandwidth, "GB/s")
          + ", one thread \(giga(limits.readBandwidthOneThread, "GB/s"))"
      ),
      ("int8 products", giga(limits.byteOperations, "GOP/s")),
      ("f32 multiply-add", giga(limits.floatOperations, "GFLOP/s")),
      (
        "bf16 tiles",
        limits.tileOperations > 0
          ? giga(limits.tileOperations, "GFLOP/s") : "none that \(limits.instructions) uses"
      ),
      (
        "OpenBLAS",
        limits.openBLAS.map { "\($0.core) kernels, \(giga($0.operations, "GFLOP/s"))" }
          ?? "not installed; the engine runs on its own kernels either way"
      ),
    ]
  }

  private func terminal() -> [(String, String)] {
    let environment = ProcessInfo.processInfo.environment
    var size = winsize()
    let hasSize = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0
    let isTerminal = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1
    return [
      ("kind", environment["TERM"] ?? "TERM is not set"),
      ("direct colour", environment["COLORTERM"] ?? "not announced (COLORTERM is not set)"),
      ("size", hasSize ? "\(size.ws_col) x \(size.ws_row)" : "no terminal"),
      ("locale", environment["LC_ALL"] ?? environment["LC_CTYPE"] ?? environment["LANG"] ?? "C"),
      (
        "chat opens as",
        isTerminal && environment["NO_COLOR"] == nil && environment["TERM"] != "dumb"
          ? "panels" : "lines (plain mode)"
      ),
    ]
  }

  private func files() -> [(String, String)] {
    func marked(_ path: String) -> String {
      FileManager.default.fileExists(atPath: path) ? path : path + " (not there)"
    }
    return ModelLocator.assetFolders().map { ("assets", marked($0)) }
      + ModelLocator.hubCaches().map { ("Hugging Face cache", marked($0)) }
      + [
        ("state", marked(AppOptions.defaultStateDirectory)),
        ("spill files", FileManager.default.temporaryDirectory.path),
      ]
  }
}
