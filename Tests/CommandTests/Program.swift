import Foundation
import TestSupport

/// `prefixkv`, run as a shell runs it.
enum Program {
  typealias Outcome = BuiltProgram.Outcome

  private static let program = BuiltProgram("prefixkv")

  static var path: String { program.path }

  static func run(
    _ arguments: [String], input: Data = Data(), environment: [String: String] = [:],
    hasReader: Bool = true
  ) throws -> Outcome {
    try program.run(arguments, input: input, environment: environment, hasReader: hasReader)
  }

  /// Runs the program and sends it a signal as soon as `moment` has come.
  static func run(
    _ arguments: [String], signal: Int32, at moment: () throws -> Bool
  ) throws -> Outcome {
    try program.run(arguments, signal: signal, at: moment)
  }

  /// Runs the program with a text on standard input.
  static func run(_ arguments: [String], input: String) throws -> Outcome {
    try run(arguments, input: Data(input.utf8))
  }

  /// Runs a shell script in which `"$0"` is the program and `"$1"` is the first argument.
  static func shell(_ script: String, _ arguments: String...) throws -> Outcome {
    try shell(script, arguments: arguments)
  }

  /// The same with a list of arguments.
  static func shell(_ script: String, arguments: [String]) throws -> Outcome {
    try program.shell(script, arguments)
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
