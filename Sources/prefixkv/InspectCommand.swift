import ArgumentParser
import Basics
import Inference

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Print a model's architecture, tensors and memory plan.")

  @Argument(
    help: "A folder, a .gguf file, or a name that `prefixkv models` lists. Default: bundled.",
    completion: .file())
  var model: String?

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  @OptionGroup var output: OutputOptions

  func run() throws {
    let output = try output.open()
    let checkpoint = try WeightFormats.open(ModelLocator.resolve(model))
    try InputFiles.protect(checkpoint.files, of: "the model", from: self.output.paths)
    let report = ModelReport(checkpoint)
    try output.write(
      json ? JSONStyle.document(InspectRecord(report)) : report.text + "\n")
    try output.finish()
  }
}
