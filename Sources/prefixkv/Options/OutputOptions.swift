import ArgumentParser
import Basics

/// Where a command's text goes.
struct OutputOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: "The file to write instead of stdout.")
  var output: String?

  /// What `InputFiles.protect` guards against.
  var paths: [String] { output.map { [$0] } ?? [] }

  func open() throws(FileError) -> TextOutput { try TextOutput(path: output) }
}
