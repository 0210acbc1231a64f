/// A layout of a model on disk: containers, prefixes of names, and configuration files. Which
/// weights a model has is recorded in `DecoderArchitecture` and `TowerArchitecture`.
protocol WeightFormat {
  /// For people: "Hugging Face", "LLaVA", "GGUF".
  static var name: String { get }
  /// What a user gives to open such a model, for error messages.
  static var summary: String { get }
  /// Whether the folder or file looks like this format.
  ///
  /// - Throws: `WeightError` when a file that must be read to decide is damaged.
  static func recognises(_ path: String) throws(WeightError) -> Bool
  /// Maps the model's files and checks every shape; its tokenizer is left for later.
  static func headers(
    _ path: String, options: CheckpointOptions
  ) throws(WeightError) -> CheckpointHeaders
}

/// Where parts of a model are, as far as the user says.
public struct CheckpointOptions: Sendable, Equatable {
  /// The vision file of a GGUF pair; nil when it is to be looked for beside the text model.
  public var projector: String?

  /// By default every part is looked for.
  public init(projector: String? = nil) { self.projector = projector }
}

/// The formats that can be opened. A further format is one new file and one line here.
public enum WeightFormats {
  /// The formats, in the order in which they are asked whether they recognise a path.
  static var all: [any WeightFormat.Type] {
    [OriginalFormat.self, TextModelFormat.self, HuggingFaceFormat.self, GGUFFormat.self]
  }

  /// Opens the model at `path`, a folder or a file: maps its files and checks every shape, but reads
  /// no weight.
  ///
  /// - Throws: `WeightError` naming the file and the cause when the model is in no known layout, is
  ///   damaged, or is of a kind that is not supported.
  public static func open(
    _ path: String, options: CheckpointOptions = CheckpointOptions()
  ) throws(WeightError) -> Checkpoint {
    try Checkpoint(headers(path, options: options))
  }

  /// Opens a model that was found, with what its store records about it. A vision file in the
  /// options takes precedence over the store's.
  ///
  /// - Throws: as `open(path:options:)`.
  public static func open(
    _ model: LocatedModel, options: CheckpointOptions = CheckpointOptions()
  ) throws(WeightError) -> Checkpoint {
    try Checkpoint(headers(model, options: options))
  }

  /// Reads the headers of a model that was found, without its tokenizer.
  ///
  /// - Throws: as `open`, except for what is wrong with the tokenizer.
  public static func headers(
    _ model: LocatedModel, options: CheckpointOptions = CheckpointOptions()
  ) throws(WeightError) -> CheckpointHeaders {
    let options = CheckpointOptions(projector: options.projector ?? model.projector)
    return try headers(model.path, options: options).found(as: model)
  }

  /// Reads the headers of the model's files, which takes milliseconds even for a large model.
  ///
  /// - Throws: as `open`, except for what is wrong with the tokenizer.
  public static func headers(
    _ path: String, options: CheckpointOptions = CheckpointOptions()
  ) throws(WeightError) -> CheckpointHeaders {
    for format in all where try format.recognises(path) {
      if let cause = ForeignFormat.adapter(path) { throw .unsupported(path: path, detail: cause) }
      return try format.headers(path, options: options)
    }
    let layouts = all.map { "\($0.name) (\($0.summary))" }.joined(separator: ", ")
    throw .unsupported(
      path: path,
      detail: ForeignFormat.cause(path) ?? "it is in no known layout; available: \(layouts)")
  }
}
