import Basics
import KVCache

/// How a model is loaded.
public struct LoadOptions: Sendable {
  /// The type that matrices are held in; nil keeps each in its stored type. Comparisons with
  /// references use `.f32`.
  public let matrixType: ElementType?
  /// The same for vision tower and projector. By default it follows `matrixType`, but never below 8
  /// bits: they are a small share of the weights, and everything that the model sees goes through
  /// them.
  public let visionType: ElementType?
  /// Number of threads; nil uses every core the process may run on.
  public var threads: Int?
  /// The mmproj file of the first GGUF model; nil looks for it beside the text model.
  public var projector: String?

  /// By default everything stays as stored and every core is used.
  public init(
    matrixType: ElementType? = nil, visionType: ElementType? = nil, threads: Int? = nil,
    projector: String? = nil
  ) {
    self.matrixType = matrixType
    self.visionType = visionType ?? matrixType.map { $0 == .q4_0 ? .q8_0 : $0 }
    self.threads = threads
    self.projector = projector
  }
}

/// Vision tower, projector and language model, or a language model alone, ready to run.
///
/// One thread at a time may use a model; parallel work happens inside its thread pool.
public final class LlavaModel {
  /// The files that the model came from.
  public let checkpoint: Checkpoint
  /// The threads that all of its work runs on.
  public let pool: ThreadPool
  /// nil in a text model alone.
  let sight: Sight?
  let language: LanguageModel
  /// `[text width]`: ends each row of tiles; nil where the model has no such row.
  let newline: [Float]?
  /// Bytes per second that the model's threads read from memory; nil when memory does not limit
  /// decoding, or when too little is left to measure it. It is measured at the first use, which
  /// comes after an answer, so that neither loading nor the first token waits for it.
  private(set) lazy var readBandwidth = measuredReadBandwidth()

  /// The parts of the model that a picture goes through.
  struct Sight {
    let tower: VisionTower
    let projector: Projector
  }

  /// Sizes and constants of the model.
  public var configuration: ModelConfiguration { checkpoint.configuration }
  /// From text to token ids and back.
  public var tokenizer: Tokenizer { checkpoint.tokenizer }
  /// Bytes of all weights as they are held in memory.
  public var weightBytes: Int {
    language.bytes + (sight.map { $0.tower.bytes + $0.projector.bytes } ?? 0)
  }
  /// Whether it has a vision tower; otherwise it reads text alone.
  public var seesPictures: Bool { sight != nil }

  /// Loads a model.
  ///
  /// - Parameter progress: layers loaded and in all; throw from it to stop.
  /// - Throws: `ModelError.notEnoughMemory` before anything is read, `.projectorWidth`,
  ///   `WeightError`, `KernelError`, and what `progress` throws.
  public init(
    _ checkpoint: Checkpoint, options: LoadOptions = LoadOptions(),
    progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws {
    self.checkpoint = checkpoint
    pool = try ThreadPool(threads: options.threads)
    let loader = WeightLoader(
      checkpoint: checkpoint.headers, matrixType: options.matrixType,
      visionType: options.visionType,
      pool: pool)
    try MemoryNeed(checkpoint.headers, loader).verify(available: .measured())
    sight = try checkpoint.configuration.sight.map { vision in
      Sight(
        tower: try VisionTower(loader, configuration: vision), projector: try Projector(loader))
    }
    newline = try loader.optionalVector(.imageNewline)
    language = try LanguageModel(
      loader, configuration: checkpoint.configuration.text, progress: progress)
    if let projector = sight?.projector,
      projector.width != checkpoint.configuration.text.width
    {
      throw ModelError.projectorWidth(
        projector: projector.width, text: checkpoint.configuration.text.width)
    }
  }

  /// Checks that the model can be shown a picture.
  ///
  /// - Throws: `ModelError.blind`, which says what is missing.
  public func requireSight() throws(ModelError) { _ = try requiredSight() }

  func requiredSight() throws(ModelError) -> Sight {
    guard let sight else {
      throw .blind(
        model: checkpoint.name, lacksFile: checkpoint.layout == GGUFFormat.name,
        width: configuration.text.width)
    }
    return sight
  }
}

/// What a model refuses to do.
public enum ModelError: Error, Equatable, CustomStringConvertible {
  /// The projector's rows are wider or narrower than the language model.
  case projectorWidth(projector: Int, text: Int)
  /// Loading the model would take more memory than is available.
  case notEnoughMemory(MemoryNeed, AvailableMemory)
  /// The sequence would need more positions than the model's context has.
  case contextFull(needed: Int, context: Int)
  /// The context holds the prompt, but not the prompt twice.
  case noRoomForSecondPass(positions: Int, context: Int)
  /// The prompt is empty.
  case noPositions
  /// A text model alone cannot be shown a picture. `lacksFile`: it is a GGUF model without its
  /// vision file.
  case blind(model: String, lacksFile: Bool, width: Int)
  /// The route `anyres` was asked of a model that cuts no pictures into tiles.
  case noTiles
  /// A number of the forward pass became too large for its type, so that nothing can be predicted.
  case overflow
  /// The observer stopped the work.
  case cancelled

  /// The sentence for the user.
  public var description: String {
    switch self {
    case .projectorWidth(let projector, let text):
      "The projector yields rows of \(projector) values, the language model is \(text) wide: "
        + "vision and text files do not belong together."
    case .notEnoughMemory(let need, let available):
      "The model needs \(Format.bytes(need.bytes)) of memory (weights \(Format.bytes(need.weights)), a "
        + "picture's cache \(Format.bytes(need.cache)), working memory \(Format.bytes(need.work))), "
        + "but only \(Format.bytes(available.bytes)) are \(available.limit). "
        + "A smaller type of weights, such as q4_0, or a smaller model needs less."
    case .contextFull(let needed, let context):
      "The conversation needs \(needed) positions and the model was trained for \(context). "
        + "A shorter question needs fewer."
    case .noRoomForSecondPass(let positions, let context):
      "A policy reads the prompt twice, and a context of \(context) positions has no room for twice "
        + "\(positions). A shorter prompt, or another policy, fits."
    case .blind(let model, let lacksFile, let width):
      "'\(model)' is a text model, which sees no pictures"
        + (lacksFile
          ? ": no vision file (mmproj-*.gguf, for a text model of width \(width)) is beside it. "
            + "--mmproj gives one that lies elsewhere."
          : ". Ask without a picture, or give a LLaVA model.")
    case .noPositions:
      "The prompt is empty. Type a question."
    case .noTiles:
      "The model looks at one square and cannot cut a picture into tiles. Image routes that work: "
        + "pad, crop, squash."
    case .overflow:
      "The model's numbers became too large to compute with: the predictions are not finite. "
        + "--kv-type f32 keeps larger ones in the cache; otherwise the weights are damaged."
    case .cancelled:
      "Stopped."
    }
  }
}
