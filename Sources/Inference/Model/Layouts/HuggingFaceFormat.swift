import Basics
import Foundation

/// A model of the LLaVA family as transformers saves it (llava-hf/llava-1.5-7b-hf).
enum HuggingFaceFormat: WeightFormat {
  static let name = "Hugging Face"
  static let summary = "a folder with config.json and model.safetensors"

  static func recognises(_ path: String) throws(WeightError) -> Bool {
    try ConfigurationFile.optional(path: path + "/config.json") != nil
  }

  static func headers(
    _ path: String, options: CheckpointOptions
  ) throws(WeightError) -> CheckpointHeaders {
    let file = try ConfigurationFile(path: path + "/config.json")
    let member = try HuggingFaceMember.member(of: file)
    try refuse(file)
    return try CheckpointHeaders(
      path: path, layout: name, configuration: configuration(file, member, in: path),
      tokenizer: { () throws(WeightError) in try TokenizerFolder.tokenizer(in: path) },
      template: try template(file, in: path),
      tensors: try TensorFolder.tensors(in: path), source: { _ in path }, naming: naming)
  }

  private static func refuse(_ file: ConfigurationFile) throws(WeightError) {
    guard file.has("vision_config") else {
      throw file.unsupported("vision_config", "is missing: this is no model that sees pictures")
    }
    try file.refuseQuantisation()
    try file.require("projector_hidden_act", isOneOf: ["gelu"], default: "gelu")
    guard try file.boolean("multimodal_projector_bias", default: true) else {
      throw file.unsupported(
        "multimodal_projector_bias", "is false; only projectors with biases are supported")
    }
  }

  private static func configuration(
    _ file: ConfigurationFile, _ member: HuggingFaceMember, in path: String
  ) throws(WeightError) -> ModelConfiguration {
    let processor = try ImageProcessor.section(in: path)
    let visionSection = try file.section("vision_config")
    let tower = try Towers.tower(huggingFace: visionSection)
    var vision = try VisionConfiguration(
      visionSection, tower: tower, featureLayers: member.featureLayers(file), processor: processor)
    vision.keepsClassRow = try member.keepsClassRow(file, of: tower)
    let textSection = try file.section("text_config")
    var text = try TextConfiguration(
      textSection, decoder: Decoders.decoder(huggingFace: textSection))
    // Either section may have the key; transformers 5 may write it in only one of them.
    if try file.boolean("tie_word_embeddings", default: false) { text.headIsTied = true }
    let imageToken =
      file.has("image_token_index") || file.has("image_token_id")
      ? try file.integer(
        file.has("image_token_index") ? "image_token_index" : "image_token_id",
        in: 0...(text.vocabulary - 1)) : nil
    let tiling = try member.tiling(file, processor: processor, side: vision.imageSide)
    return ModelConfiguration(
      vision: vision, text: text, projectorNormEpsilon: try member.normEpsilon(file),
      route: tiling == nil ? tower.usualRoute : .anyres, tiling: tiling, imageToken: imageToken)
  }

  private static func template(
    _ file: ConfigurationFile, in path: String
  ) throws(WeightError) -> TemplateEvidence {
    let text = try file.section("text_config").string("model_type", default: "llama")
    return TemplateEvidence(
      chatTemplates: try ChatTemplateFiles.read(in: path),
      architecture: try file.string("model_type", default: "") + "/" + text,
      names: [PathText.name(of: path)], usual: (Templates.huggingFace, name))
  }

  /// Names as published come first, then those that transformers has written since version 4.52.
  /// transformers 5 leaves out "vision_model".
  static let naming = TensorNaming(
    family: { $0.transformers },
    decoder: ["language_model.model.", "model.language_model."],
    head: ["language_model.", "", "model.language_model."],
    tower: [
      "vision_tower.vision_model.", "model.vision_tower.vision_model.", "vision_tower.",
      "model.vision_tower.",
    ],
    projector: (
      ["multi_modal_projector.linear_1.", "model.multi_modal_projector.linear_1."],
      ["multi_modal_projector.linear_2.", "model.multi_modal_projector.linear_2."]
    ),
    projectorNorm: [
      "multi_modal_projector.projector_layernorm.",
      "model.multi_modal_projector.projector_layernorm.",
    ],
    newline: ["image_newline", "model.image_newline"])
}
