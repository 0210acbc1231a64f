/// A model as the headers of its files describe it: what it is, and where its weights are. Reading
/// them maps files and checks every shape, but reads no weight and no tokenizer.
public struct CheckpointHeaders: Sendable {
  /// The model's name in the store it was found in, or else the name of the folder or file.
  public private(set) var name: String
  /// The folder, or the text model of a GGUF pair.
  public let path: String
  /// Which layout it is in, for people: "Hugging Face", "LLaVA", "GGUF".
  public let layout: String
  /// Architecture and sizes.
  public let configuration: ModelConfiguration
  /// All tensors of the files in file order, even those that the forward pass does not use.
  public let tensors: [Tensor]
  private let parts: [ModelPart: Tensor]
  /// Where it was found, and what its store records about it.
  public private(set) var source: LocatedModel
  /// What the files say about the prompt template.
  private(set) var evidence: TemplateEvidence
  /// Reads the tokenizer, which can take a while for a large vocabulary.
  let readTokenizer: @Sendable () throws(WeightError) -> Tokenizer

  /// - Parameters:
  ///   - tokenizer: reads it.
  ///   - template: what the files say about the prompt template.
  ///   - source: the path that error messages about missing tensors name.
  ///   - naming: what the layout calls the parts.
  /// - Throws: `WeightError` when a part is missing, has not the shape the configuration asks for,
  ///   or is stored as integers; or when a tensor is left over that changes answers.
  init(
    path: String, layout: String, configuration: ModelConfiguration,
    tokenizer: @escaping @Sendable () throws(WeightError) -> Tokenizer,
    template: TemplateEvidence, tensors: [Tensor], source: (ModelPart) -> String,
    naming: TensorNaming
  ) throws(WeightError) {
    self.name = String(path.split(separator: "/").last ?? "/")
    self.path = path
    self.source = LocatedModel(path: path)
    self.layout = layout
    self.configuration = configuration
    readTokenizer = tokenizer
    evidence = template
    self.tensors = tensors
    parts = try Self.parts(of: configuration, among: tensors, source: source, naming: naming)
    try Self.refuseUnread(tensors, path: path, configuration, naming)
  }

  /// The tensor of every part that the configuration asks for.
  private static func parts(
    of configuration: ModelConfiguration, among tensors: [Tensor], source: (ModelPart) -> String,
    naming: TensorNaming
  ) throws(WeightError) -> [ModelPart: Tensor] {
    let byName = Dictionary(tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var parts: [ModelPart: Tensor] = [:]
    for part in ModelPart.all(in: configuration) {
      let names = naming.names(of: part, in: configuration)
      guard let tensor = names.lazy.compactMap({ byName[$0] }).first else {
        throw .missingTensor(path: source(part), tensor: names[0])
      }
      parts[part] = try Self.tensor(of: part, in: tensor, configuration, source(part))
    }
    return parts
  }

  /// Refuses a tensor that is no part of the model and is not known to be harmless, because it
  /// would change answers.
  private static func refuseUnread(
    _ tensors: [Tensor], path: String, _ configuration: ModelConfiguration, _ naming: TensorNaming
  ) throws(WeightError) {
    let known = Set(
      ModelPart.all(in: configuration).flatMap { naming.names(of: $0, in: configuration) })
    for tensor in tensors
    where !known.contains(tensor.name) && !naming.isHarmless(tensor.name, in: configuration) {
      throw .unreadTensor(
        path: tensor.path ?? path, tensor: tensor.name, decoder: configuration.text.decoder.name,
        tower: configuration.sight?.tower.name)
    }
  }

  /// The same model with what its store records: its name, which may decide the template, and a
  /// chat template.
  func found(as source: LocatedModel) -> CheckpointHeaders {
    var copy = self
    copy.source = source
    copy.evidence.outside = source.template
    // Ollama keeps the system sentence apart, and some templates are recognised by it alone.
    if let system = source.system { copy.evidence.outside?.text += "\n" + system.text }
    guard let name = source.name else { return copy }
    copy.name = name
    copy.evidence.names = copy.evidence.names.filter { !path.hasSuffix($0) } + [name]
    return copy
  }

  /// The part's tensor: the stored one, or some of its rows when it holds several parts.
  private static func tensor(
    of part: ModelPart, in stored: Tensor, _ configuration: ModelConfiguration, _ source: String
  ) throws(WeightError) -> Tensor {
    guard case .textBlock(_, let own) = part, let fused = configuration.text.decoder.fused(own)
    else { return try checked(stored, shape: part.shape(in: configuration), source) }
    let heights = fused.parts.map { $0.shape(in: configuration.text)[0] }
    let whole = try checked(
      stored, shape: [heights.reduce(0, +), configuration.text.width], source)
    guard whole.columns % whole.type.blockSize == 0 else {
      throw .unsupported(
        path: whole.path ?? source,
        detail: "tensor '\(whole.name)' is stored as \(whole.type.label), whose blocks of "
          + "\(whole.type.blockSize) cross its rows of \(whole.columns)")
    }
    let index = fused.parts.firstIndex(of: own)!
    let first = heights[..<index].reduce(0, +)
    return whole.rows(first..<first + heights[index])
  }

  private static func checked(
    _ tensor: Tensor, shape: [Int], _ source: String
  ) throws(WeightError) -> Tensor {
    let path = tensor.path ?? source
    guard tensor.shape == shape else {
      throw .wrongShape(path: path, tensor: tensor.name, found: tensor.shape, expected: shape)
    }
    guard tensor.type.isWeightType else {
      throw .unsupported(
        path: path,
        detail:
          "tensor '\(tensor.name)' is stored as \(tensor.type.label), which is no type for weights")
    }
    return tensor
  }

  /// Whether the model has the part, which may be optional in its architecture.
  func has(_ part: ModelPart) -> Bool { parts[part] != nil }

  /// The tensor of a part, with the shape the configuration asks for.
  ///
  /// - Throws: `WeightError.damaged` when its file was changed after it was opened.
  public func tensor(_ part: ModelPart) throws(WeightError) -> Tensor {
    guard let tensor = parts[part] else {
      preconditionFailure("\(part) is not part of a model with this configuration")
    }
    try tensor.verifyUnchanged()
    return tensor
  }

  /// The whole stored tensor that holds a part, perhaps together with others.
  ///
  /// - Throws: as `tensor`.
  func storedTensor(_ part: ModelPart) throws(WeightError) -> Tensor {
    let own = try tensor(part)
    guard case .textBlock(_, let block) = part, configuration.text.decoder.fused(block) != nil,
      let whole = tensors.first(where: { $0.name == own.name && $0.owner === own.owner })
    else { return own }
    return whole
  }

  /// The files that the weights are read from.
  public var weightFiles: Set<String> { Set(tensors.compactMap(\.path)) }

  /// All files that the model is read from: those of its weights, and in a folder those that describe
  /// it and its text. Some of the latter may not be there.
  public var files: Set<String> {
    weightFiles.union(Self.descriptions.map { path + "/" + $0 })
  }

  private static let descriptions = [
    "config.json", "generation_config.json", "preprocessor_config.json", "processor_config.json",
    "model.safetensors.index.json", "pytorch_model.bin.index.json", "tokenizer.json",
    "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "chat_template.json", "chat_template.jinja", "additional_chat_templates/default.jinja",
  ]

  /// The type that stands for the model: the one that most bytes of the matrices of the decoder's layers
  /// are stored in. Vision towers often keep a type of their own.
  public var weightType: ElementType {
    var bytes: [ElementType: Int] = [:]
    for case (.textBlock, let tensor) in parts where tensor.shape.count == 2 {
      bytes[tensor.type, default: 0] += tensor.bytes.count
    }
    return bytes.max { ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue) }?.key ?? .f32
  }

  /// Numbers in the weights that the forward pass uses.
  public var parameters: Int { parts.values.reduce(0) { $0 + $1.count } }

  /// Bytes of those weights as stored.
  public var weightBytes: Int { parts.values.reduce(0) { $0 + $1.bytes.count } }
}
