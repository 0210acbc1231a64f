import Basics
import ArgumentParser
import Inference

struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Write a model as a GGUF pair (text and mmproj) that llama.cpp loads too.")

  @Argument(
    help: "A folder, a .gguf file, or a name that `prefixkv models` lists. Default: bundled.",
    completion: .file())
  var model: String?

  @OptionGroup var synthetic: SyntheticOptions

  @Option(
    name: .long, help: "Type of the matrices: \(Self.types).",
    completion: .list(GGUFConversion.types.map(\.rawValue)))
  var type: String = "q8_0"

  @Option(
    name: .shortAndLong, help: "The text model's file; the mmproj file is put beside it.",
    completion: .file())
  var output: String

  @Option(name: .long, help: "Threads to quantise with. Default: every core.")
  var threads: Int?

  private static var types: String {
    GGUFConversion.types.map(\.rawValue).joined(separator: ", ")
  }

  func validate() throws {
    try prefixkv.validate(threads: threads)
    if model != nil, synthetic.synthetic != nil {
      throw ValidationError("A model and --synthetic exclude each other.")
    }
    guard elementType != nil else {
      throw ValidationError("--type '\(type)' cannot be written; try \(Self.types).")
    }
  }

  private var elementType: ElementType? {
    GGUFConversion.types.first { $0.rawValue == type.lowercased() }
  }

  func run() throws {
    let checkpoint =
      try synthetic.checkpoint(type: elementType!)
      ?? WeightFormats.open(ModelLocator.resolve(model))
    let choice = checkpoint.templateChoice
    if let unrecognised = choice.unrecognised {
      Notice.say(
        "The chat template in \(unrecognised) is unknown, so that of \(choice.template.name) is "
          + "written. Start ask and chat with --template NAME for another.")
    }
    let line = ProgressLine()
    let files = try GGUFConversion.write(
      checkpoint, type: elementType!, to: output, pool: ThreadPool(threads: threads)
    ) { written, total in
      line.show("\(total == 0 ? 100 : 100 * written / total) %")
    }
    line.end()
    try StandardStream.output.line(
      DisplayText.oneLine("wrote \(files.text)" + (files.projector.map { " and \($0)" } ?? "")))
  }
}
