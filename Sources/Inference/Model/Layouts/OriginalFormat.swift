import Foundation

/// LLaVA's own layout (liuhaotian/llava-v1.5-7b): language model and projector in one folder, the
/// vision tower in the CLIP folder that `mm_vision_tower` names.
enum OriginalFormat: WeightFormat {
  static let name = "LLaVA"
  static let summary = "a folder with config.json and pytorch_model-*.bin, CLIP beside it"

  static func recognises(_ path: String) throws(WeightError) -> Bool {
    guard let file = try ConfigurationFile.optional(path: path + "/config.json") else {
      return false
    }
    return file.has("mm_vision_tower")
  }

  static func headers(
    _ path: String, options: CheckpointOptions
  ) throws(WeightError) -> CheckpointHeaders {
    let file = try ConfigurationFile(path: path + "/config.json")
    try refuse(file)
    let tower = try towerFolder(file, model: path)
    return try CheckpointHeaders(
      path: path, layout: name,
      configuration: configuration(file, tower: tower),
      tokenizer: { () throws(WeightError) in try TokenizerFolder.tokenizer(in: path) },
      template: TemplateEvidence(
        chatTemplates: ChatTemplateFiles.read(in: path),
        architecture: file.string("model_type", default: ""),
        names: [(path as NSString).lastPathComponent], usual: (Templates.llava, name)),
      tensors: TensorFolder.tensors(in: path) + TensorFolder.tensors(in: tower),
      source: { $0.isTower ? tower : path }, naming: naming)
  }

  private static func refuse(_ file: ConfigurationFile) throws(WeightError) {
    try file.refuseQuantisation()
    try file.refuseTiles()
    try file.require("mm_projector_type", isOneOf: ["mlp2x_gelu"], default: "linear")
    try file.require("mm_vision_select_feature", isOneOf: ["patch"], default: "patch")
    guard try !file.boolean("mm_use_im_start_end", default: false) else {
      throw file.unsupported(
        "mm_use_im_start_end", "is true; nothing may stand around an image")
    }
  }

  private static func configuration(
    _ file: ConfigurationFile, tower: String
  ) throws(WeightError) -> ModelConfiguration {
    let own = try ConfigurationFile(path: tower + "/config.json")
    let section = try own.has("vision_config") ? own.section("vision_config") : own
    let vision = try VisionConfiguration(
      section, tower: Towers.tower(huggingFace: section),
      featureLayer: file.integer("mm_vision_select_layer", default: -2, in: -512...512),
      processor: ImageProcessor.section(in: tower))
    return ModelConfiguration(
      vision: vision, text: try TextConfiguration(file, decoder: Decoders.decoder(original: file)),
      imageToken: nil)
  }

  /// The folder of the CLIP model: the path itself, or a folder of that name beside the model, or the
  /// model of that id in the Hugging Face cache.
  private static func towerFolder(
    _ file: ConfigurationFile, model: String
  ) throws(WeightError) -> String {
    let reference = try file.string("mm_vision_tower", default: "")
    guard let name = reference.split(separator: "/").last, name != "..", name != ".",
      !reference.contains("\0")
    else {
      throw file.invalid("mm_vision_tower", expected: "the name of a CLIP model")
    }
    let beside = (model as NSString).deletingLastPathComponent
    var looked = [(beside.isEmpty ? "." : beside) + "/\(name)", model + "/\(name)"]
    if reference.hasPrefix("/") { looked.insert(reference, at: 0) }
    for folder in looked where FileManager.default.fileExists(atPath: folder + "/config.json") {
      return folder
    }
    for cache in HuggingFaceCache.caches(environment: ProcessInfo.processInfo.environment) {
      if let folder = try cache.snapshot(of: reference) { return folder }
      looked.append(cache.root)
    }
    throw .noSuchModel(reference: "\(reference) (the vision tower of \(model))", looked: looked)
  }

  /// A checkpoint that was trained together with its tower carries the tower itself, and that one
  /// counts; otherwise the CLIP folder's is taken.
  static let naming = TensorNaming(
    family: { $0.transformers },
    decoder: ["model."], head: [""],
    tower: [
      "model.vision_tower.vision_tower.vision_model.", "model.vision_tower.vision_tower.",
      "vision_model.",
    ],
    projector: (["model.mm_projector.0."], ["model.mm_projector.2."]),
    // The other half of the CLIP folder: its text tower, and what compares text with pictures.
    foreign: [
      .prefix("text_model."), .name("text_projection.weight"), .name("visual_projection.weight"),
      .name("logit_scale"),
    ])
}
