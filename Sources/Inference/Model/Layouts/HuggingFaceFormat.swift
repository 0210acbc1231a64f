import Foundation

/// `LlavaForConditionalGeneration` as transformers saves it (llava-hf/llava-1.5-7b-hf).
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
    try refuse(file)
    return try CheckpointHeaders(
      path: path, layout: name, configuration: configuration(file, in: path),
      tokenizer: { () throws(WeightError) in try TokenizerFolder.tokenizer(in: path) },
      template: try template(file, in: path),
      tensors: try TensorFolder.tensors(in: path), source: { _ in path }, naming: naming)
  }

  private static func refuse(_ file: ConfigurationFile) throws(WeightError) {
    let type = try file.string("model_type", default: "nothing")
    guard type == "llava", file.has("vision_config") else {
      throw type == "llava"
        ? file.unsupported("vision_config", "is missing: this is no model that sees pictures")
        : file.unknown("model_type", type, available: ["llava"])
    }
    try file.refuseQuantisation()
    try file.refuseTiles()
    try file.require("projector_hidden_act", isOneOf: ["gelu"], default: "gelu")
    try file.require("vision_feature_select_strategy", isOneOf: ["default"], default: "default")
    guard try file.boolean("multimodal_projector_bias", default: true) else {
      throw file.unsupported(
        "multimodal_projector_bias", "is false; only projectors with biases are supported")
    }
    if file.has("vision_feature_layers") {
      throw file.unsupported(
        "vision_feature_layers", "asks for features of several layers; one is supported")
    }
  }

  private static func configuration(
    _ file: ConfigurationFile, in path: String
  ) throws(WeightError) -> ModelConfiguration {
    let processor = try ImageProcessor.section(in: path)
    try processor?.refuseTiles()
    let visionSection = try file.section("vision_config")
    let vision = try VisionConfiguration(
      visionSection, tower: Towers.tower(huggingFace: visionSection),
      featureLayer: featureLayer(file), processor: processor)
    let textSection = try file.section("text_config")
    var text = try TextConfiguration(
      textSection, decoder: Decoders.decoder(huggingFace: textSection))
    // Either place may say it; a model saved by transformers 5 may have it in one of them only.
    if try file.boolean("tie_word_embeddings", default: false) { text.headIsTied = true }
    let imageToken =
      file.has("image_token_index") || file.has("image_token_id")
      ? try file.integer(
        file.has("image_token_index") ? "image_token_index" : "image_token_id",
        in: 0...(text.vocabulary - 1)) : nil
    return ModelConfiguration(
      vision: vision, text: text, imageToken: imageToken)
  }

  /// One layer, which may stand in a list of one.
  private static func featureLayer(_ file: ConfigurationFile) throws(WeightError) -> Int {
    let range = -512...512
    guard file.isList("vision_feature_layer") else {
      return try file.integer("vision_feature_layer", default: -2, in: range)
    }
    let layers = try file.integers("vision_feature_layer", in: range)
    guard layers.count == 1 else {
      throw file.unsupported(
        "vision_feature_layer", "asks for features of \(layers.count) layers; one is supported")
    }
    return layers[0]
  }

  private static func template(
    _ file: ConfigurationFile, in path: String
  ) throws(WeightError) -> TemplateEvidence {
    let text = try file.section("text_config").string("model_type", default: "llama")
    return TemplateEvidence(
      chatTemplates: try ChatTemplateFiles.read(in: path),
      architecture: try file.string("model_type", default: "") + "/" + text,
      names: [(path as NSString).lastPathComponent], usual: (Templates.huggingFace, name))
  }

  /// Names as published come first, then those that transformers writes since version 4.52; a model
  /// built in transformers 5 lacks "vision_model".
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
    ))
}
