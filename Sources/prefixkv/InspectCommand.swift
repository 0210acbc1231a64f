import ArgumentParser
import Inference

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Print a model's architecture, tensors and memory plan.")

  @Argument(help: "A model folder, a .gguf file or a Hugging Face id in the local cache.")
  var model: String?

  func run() throws {
    try exitingWithStatus {
      let checkpoint = try WeightFormats.open(ModelLocator.resolve(model))
      print(ModelReport(checkpoint).text)
    }
  }
}
