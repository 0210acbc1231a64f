import ArgumentParser
import Basics
import Inference

/// Which model, and how it is brought into memory.
struct ModelOptions: ParsableArguments {
  @Option(
    name: .long,
    help: """
      A folder, a .gguf file, or a name that `prefixkv models` lists, such as \
      llava-hf/llava-1.5-7b-hf or llava:7b. Default: bundled.
      """, completion: .file())
  var model: String?

  @Option(
    name: .long, help: "The mmproj file of a .gguf model. Default: found beside it.",
    completion: .file(extensions: ["gguf"]))
  var mmproj: String?

  @Option(
    name: .long,
    help: "Bring the weights into another type at load: \(Self.quantizable). Default: as stored.",
    completion: .list(ElementType.targets.map(\.rawValue)))
  var quantize: ElementType?

  @Option(
    name: .long,
    help: """
      The same for vision tower and projector alone. Default: as --quantize, q8_0 beside q4_0.
      """, completion: .list(ElementType.targets.map(\.rawValue)))
  var quantizeVision: ElementType?

  private static var quantizable: String {
    ElementType.targets.map(\.rawValue).joined(separator: ", ")
  }

  @Option(name: .long, help: "Threads to compute with. Default: every core this process may use.")
  var threads: Int?

  func validate() throws {
    try prefixkv.validate(threads: threads)
    for type in [quantize, quantizeVision] {
      guard let type, !ElementType.targets.contains(type) else { continue }
      throw ValidationError(
        "Weights cannot be made into \(type.rawValue) at load; try \(Self.quantizable).")
    }
  }

  var loadOptions: LoadOptions {
    LoadOptions(
      matrixType: quantize, visionType: quantizeVision, threads: threads, projector: mmproj)
  }

  /// - Parameters:
  ///   - options: how, where a command decides that; nil for what was asked for.
  ///   - outputs: what the command writes, which may be no file of the model.
  func load(_ options: LoadOptions? = nil, writing outputs: [String]) throws -> LlavaModel {
    let line = ProgressLine()
    defer { line.end() }
    return try ModelLocator.load(model) { found in
      let checkpoint = try WeightFormats.open(found, options: CheckpointOptions(projector: mmproj))
      try InputFiles.protect(checkpoint.files, of: "the model", from: outputs)
      return try LlavaModel(
        checkpoint, options: options ?? loadOptions, progress: line.showLoading)
    }
  }
}

/// - Throws: `ValidationError` for a number of threads that no machine has.
func validate(threads: Int?) throws {
  guard let threads, !(1...1024).contains(threads) else { return }
  throw ValidationError("--threads \(threads) is outside 1...1024.")
}

extension ElementType: ExpressibleByArgument {
  /// What the help offers: those that weights can be made into.
  public static var allValueStrings: [String] { targets.map(\.rawValue) }
}
