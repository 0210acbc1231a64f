import Foundation

/// LLaVA's own layout (liuhaotian/llava-v1.5-7b): language model and projector in one folder, the
/// vision tower in the CLIP folder that `mm_vision_tower` names.
public enum OriginalFormat: WeightFormat {
  public static let name = "LLaVA"
  public static let summary = "a folder with config.json and pytorch_model-*.bin, CLIP beside it"

  public static func recognises(_ path: String) throws(WeightError) -> Bool {
    guard let file = try ConfigurationFile.optional(path: path + "/config.json") else {
      return false
    }
    return file.has("mm_vision_tower")
  }

  public static func open(
    _ path: String, options: CheckpointOptions
  ) throws(WeightError) -> Checkpoint {
    let file = try ConfigurationFile(path: path + "/config.json")
    let tower = try towerFolder(file, model: path)
    let tokenizer = try TokenizerFolder.tokenizer(in: path)
    let configuration = try configuration(file, tower: tower)
    return try Checkpoint(
      path: path, layout: name, configuration: configuration, tokenizer: tokenizer,
      template: Templates.llava,
      tensors: TensorFolder.tensors(in: path) + TensorFolder.tensors(in: tower),
      source: { TransformersNames.vision($0) != nil ? tower : path }, names: names(of:))
  }

  private static func configuration(
    _ file: ConfigurationFile, tower: String
  ) throws(WeightError) -> ModelConfiguration {
    try file.require("mm_projector_type", isOneOf: ["mlp2x_gelu"], default: "linear")
    try file.require("mm_vision_select_feature", isOneOf: ["patch"], default: "patch")
    guard try !file.boolean("mm_use_im_start_end", default: false) else {
      throw file.unsupported(
        "mm_use_im_start_end", "is true; LLaVA-1.5 puts nothing around an image")
    }
    let clip = try ConfigurationFile(path: tower + "/config.json")
    return ModelConfiguration(
      vision: try VisionConfiguration(
        clip: clip.has("vision_config") ? clip.section("vision_config") : clip,
        featureLayer: file.integer("mm_vision_select_layer", default: -2, in: -512...512),
        preprocessor: .optional(path: tower + "/preprocessor_config.json")),
      text: try TextConfiguration(llama: file), imageToken: nil)
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
    for cache in ModelLocator.hubCaches(environment: ProcessInfo.processInfo.environment) {
      if let folder = try ModelLocator.snapshot(of: reference, in: cache) { return folder }
      looked.append(cache)
    }
    throw .noSuchModel(reference: "\(reference) (the vision tower of \(model))", looked: looked)
  }

  static func names(of part: ModelPart) -> [String] {
    if let vision = TransformersNames.vision(part) {
      // Checkpoints that were trained with the tower carry it themselves.
      return ["model.vision_tower.vision_tower.vision_model.", "vision_model."].map { $0 + vision }
    }
    switch part {
    case .projector1Weight: return ["model.mm_projector.0.weight"]
    case .projector1Bias: return ["model.mm_projector.0.bias"]
    case .projector2Weight: return ["model.mm_projector.2.weight"]
    case .projector2Bias: return ["model.mm_projector.2.bias"]
    case .tokenEmbedding: return ["model.embed_tokens.weight"]
    case .textBlock(let layer, let part): return ["model." + TransformersNames.text(layer, part)]
    case .finalNorm: return ["model.norm.weight"]
    case .outputHead: return ["lm_head.weight"]
    default: preconditionFailure("\(part) belongs to the vision tower")
    }
  }
}
