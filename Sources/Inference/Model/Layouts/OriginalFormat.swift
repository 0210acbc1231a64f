import Basics
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
    let own = try TensorFolder.tensors(in: path)
    let tower = try Tower(file, model: path, isCarried: own.contains(where: isOfTower))
    return try CheckpointHeaders(
      path: path, layout: name,
      configuration: configuration(file, tower),
      tokenizer: { () throws(WeightError) in try TokenizerFolder.tokenizer(in: path) },
      template: TemplateEvidence(
        chatTemplates: ChatTemplateFiles.read(in: path),
        architecture: file.string("model_type", default: ""),
        names: [PathText.name(of: path)], usual: (Templates.llava, name)),
      tensors: own + tower.tensors(),
      source: { $0.isTower ? tower.source : path }, naming: naming)
  }

  private static func refuse(_ file: ConfigurationFile) throws(WeightError) {
    try file.refuseQuantisation()
    try file.require("mm_projector_type", isOneOf: ["mlp2x_gelu"], default: "linear")
    try file.require("mm_vision_select_feature", isOneOf: ["patch"], default: "patch")
    guard try !file.boolean("mm_use_im_start_end", default: false) else {
      throw file.unsupported(
        "mm_use_im_start_end", "is true; nothing may stand around an image")
    }
  }

  /// Whether a tensor of the checkpoint belongs to the tower.
  private static func isOfTower(_ tensor: Tensor) -> Bool {
    tensor.name.hasPrefix("model.vision_tower.")
  }

  private static func configuration(
    _ file: ConfigurationFile, _ tower: Tower
  ) throws(WeightError) -> ModelConfiguration {
    let section = try tower.section()
    let vision = try VisionConfiguration(
      section, tower: Towers.tower(huggingFace: section),
      featureLayers: [file.integer("mm_vision_select_layer", default: -2, in: -512...512)],
      processor: tower.processor())
    let (route, tiling) = try picture(file, vision)
    return ModelConfiguration(
      vision: vision, text: try TextConfiguration(file, decoder: Decoders.decoder(original: file)),
      route: route, tiling: tiling, imageToken: nil)
  }

  /// How pictures are cut and scaled for the tower.
  ///
  /// Source: `process_images` and `prepare_inputs_labels_for_multimodal` of LLaVA's code.
  private static func picture(
    _ file: ConfigurationFile, _ vision: VisionConfiguration
  ) throws(WeightError) -> (ImageRoute, Tiling?) {
    switch try file.aspectRatio("image_aspect_ratio", default: "square") {
    case .pad: return (.pad, nil)
    case .square: return (vision.tower.squareRoute, nil)
    case .anyres(let largest):
      let key = "image_grid_pinpoints"
      guard
        let canvases = try file.canvases(key, side: vision.imageSide, order: .widthHeight)
      else { throw file.invalid(key, expected: "a list of pairs of whole numbers") }
      return (
        .anyres,
        Tiling(
          canvases: canvases, packing: try file.packing("mm_patch_merge_type"),
          largestMap: largest, roundsMargins: false)
      )
    }
  }

  /// For the tower, the names in the checkpoint itself come first, then those in the CLIP folder.
  static let naming = TensorNaming(
    family: { $0.transformers },
    decoder: ["model."], head: [""],
    tower: [
      "model.vision_tower.vision_tower.vision_model.", "model.vision_tower.vision_tower.",
      "vision_model.",
    ],
    projector: (["model.mm_projector.0."], ["model.mm_projector.2."]),
    newline: ["model.image_newline"],
    // The other half of the CLIP folder: its text tower, and the projections that compare text with
    // pictures.
    foreign: [
      .prefix("text_model."), .name("text_projection.weight"), .name("visual_projection.weight"),
      .name("logit_scale"),
    ])
}
