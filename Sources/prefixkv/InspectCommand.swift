import ArgumentParser
import Basics
import Inference

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Print a model's architecture, tensors and memory plan.")

  @Argument(
    help: "A folder, a .gguf file, or a name that `prefixkv models` lists. Default: bundled.")
  var model: String?

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  @OptionGroup var output: OutputOptions

  func run() throws {
    let output = try output.open()
    let report = ModelReport(try WeightFormats.open(ModelLocator.resolve(model)))
    try output.write(
      json ? JSONStyle.document(InspectRecord(report)) : report.text + "\n")
    try output.finish()
  }
}
