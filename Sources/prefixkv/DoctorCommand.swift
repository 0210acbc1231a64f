import ArgumentParser
import Basics
import Inference

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Show what this machine and terminal can do, and where files are looked for.")

  @Option(name: .long, help: "Threads to measure with. Default: every core this process may use.")
  var threads: Int?

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  @OptionGroup var output: OutputOptions

  func validate() throws { try prefixkv.validate(threads: threads) }

  func run() throws {
    let output = try output.open()
    let report = DoctorReport(try MachineLimits.measure(pool: ThreadPool(threads: threads)))
    try output.write(json ? JSONStyle.document(report) : report.text)
    try output.finish()
  }
}
