import ArgumentParser
import Basics

/// Where a command's text goes.
struct OutputOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: "The file to write instead of stdout.", completion: .file())
  var output: String?

  /// The file, where one is named: it may be none that the command reads (`InputFiles.protect`).
  var paths: [String] { output.map { [$0] } ?? [] }

  func open() throws(FileError) -> TextOutput { try TextOutput(path: output) }
}
