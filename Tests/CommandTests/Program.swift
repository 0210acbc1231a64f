import Foundation
import TestSupport

/// The program that was built beside the tests, run as a shell runs it.
enum Program {
  struct Outcome {
    let status: Int32
    let output: String
    let errors: String

    /// The sentences on stderr.
    var lines: [Substring] { errors.split(separator: "\n") }
  }

  static let path = URL(fileURLWithPath: CommandLine.arguments[0])
    .deletingLastPathComponent().appendingPathComponent("prefixkv").path

  /// Runs the program.
  ///
  /// - Parameters:
  ///   - environment: Added to the tests' own.
  ///   - hasReader: Without one, standard output is a pipe that is closed at its other end.
  static func run(
    _ arguments: [String], input: Data = Data(), environment: [String: String] = [:],
    hasReader: Bool = true
  ) throws -> Outcome {
    try run(
      path, arguments, input: input, environment: environment, hasReader: hasReader)
  }

  /// Runs the program with a text on standard input.
  static func run(_ arguments: [String], input: String) throws -> Outcome {
    try run(arguments, input: Data(input.utf8))
  }

  /// Runs a shell script in which `"$0"` is the program and `"$1"` is the first argument.
  static func shell(_ script: String, _ arguments: String...) throws -> Outcome {
    try run("/bin/sh", ["-c", script, path] + arguments, input: Data(), environment: [:])
  }

  private static func run(
    _ executable: String, _ arguments: [String], input: Data, environment: [String: String],
    hasReader: Bool = true
  ) throws -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let (standardInput, output, errors) = (Pipe(), Pipe(), Pipe())
    process.standardInput = standardInput
    process.standardOutput = output
    process.standardError = errors
    if !hasReader { try output.fileHandleForReading.close() }
    // A program that refuses its arguments does not read its input.
    signal(SIGPIPE, SIG_IGN)
    try process.run()
    try? standardInput.fileHandleForWriting.write(contentsOf: input)
    try standardInput.fileHandleForWriting.close()
    let text = hasReader ? output.fileHandleForReading.readDataToEndOfFile() : Data()
    let sentences = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationReason == .exit
        ? process.terminationStatus : 128 + process.terminationStatus,
      output: String(decoding: text, as: UTF8.self),
      errors: String(decoding: sentences, as: UTF8.self))
  }
}

/// Files of the repository that the tests of commands use.
enum Sample {
  static let repository = Oracle.repository
  static let oracle = Oracle.root
  static let picture = oracle + "/images/landscape.jpg"
  static let models = oracle + "/models"
  static let model = models + "/tiny-mha/hf"

  static func write(_ text: String, to path: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
  }

  static func text(of path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
  }
}
