import Foundation

/// A program that was built beside the tests, run as a shell runs it.
public struct BuiltProgram: Sendable {
  public let path: String

  public init(_ name: String) {
    let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    path = tests.deletingLastPathComponent().appendingPathComponent(name).path
  }

  public struct Outcome: Sendable {
    /// The exit status; 128 and the signal's number when a signal ended the program.
    public let status: Int32
    public let output: String
    public let errors: String

    /// The sentences on stderr.
    public var lines: [Substring] { errors.split(separator: "\n") }
  }

  /// Runs the program to its end. Its standard streams are pipes.
  ///
  /// - Parameters:
  ///   - environment: Added to the tests' own.
  ///   - hasReader: Without one, standard output is a pipe that is closed at its other end.
  public func run(
    _ arguments: [String], input: Data = Data(), environment: [String: String] = [:],
    hasReader: Bool = true
  ) throws -> Outcome {
    try Self.run(
      path, arguments, input: input, environment: environment, hasReader: hasReader)
  }

  /// Runs a shell script in which `"$0"` is the program and `"$1"` is the first argument: for
  /// redirections, closed descriptors and limits.
  public func shell(_ script: String, _ arguments: [String] = []) throws -> Outcome {
    try Self.run(
      "/bin/sh", ["-c", script, path] + arguments, input: Data(), environment: [:], hasReader: true)
  }

  /// Runs the program and sends it a signal as soon as `moment` has come. `moment` is asked again and
  /// again while the program runs.
  public func run(
    _ arguments: [String], signal: Int32, at moment: () throws -> Bool
  ) throws -> Outcome {
    try Self.run(
      path, arguments, input: Data(), environment: [:], hasReader: true
    ) { process in
      while process.isRunning, try !moment() { Thread.sleep(forTimeInterval: 0.01) }
      kill(process.processIdentifier, signal)
    }
  }

  private static func run(
    _ path: String, _ arguments: [String], input: Data, environment: [String: String],
    hasReader: Bool, whileRunning: (Process) throws -> Void = { _ in }
  ) throws -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    // What tests ask is no conversation of the user's.
    process.environment = ["PREFIXKV_NO_SAVE": "1"]
      .merging(ProcessInfo.processInfo.environment) { $1 }.merging(environment) { $1 }
    let (standardInput, output, errors) = (Pipe(), Pipe(), Pipe())
    process.standardInput = standardInput
    process.standardOutput = output
    process.standardError = errors
    // A program may end before it has read everything: then writing must fail, not end the tests.
    signal(SIGPIPE, SIG_IGN)
    if !hasReader { try output.fileHandleForReading.close() }
    try process.run()
    // Both outputs are read while the input is written, so that no full pipe holds up the others.
    let text = hasReader ? Reader(output) : nil
    let sentences = Reader(errors)
    try? standardInput.fileHandleForWriting.write(contentsOf: input)
    try standardInput.fileHandleForWriting.close()
    do {
      try whileRunning(process)
    } catch {
      process.terminate()
      throw error
    }
    process.waitUntilExit()
    return Outcome(
      status: process.terminationReason == .exit
        ? process.terminationStatus : 128 + process.terminationStatus,
      output: text?.text() ?? "", errors: sentences.text())
  }

  /// Reads a pipe to its end on a thread of its own.
  private final class Reader: @unchecked Sendable {  // `data` is only read behind `done`
    private var data = Data()
    private let done = DispatchSemaphore(value: 0)

    init(_ pipe: Pipe) {
      Thread.detachNewThread { [self] in
        data = pipe.fileHandleForReading.readDataToEndOfFile()
        done.signal()
      }
    }

    func text() -> String {
      done.wait()
      return String(decoding: data, as: UTF8.self)
    }
  }
}
