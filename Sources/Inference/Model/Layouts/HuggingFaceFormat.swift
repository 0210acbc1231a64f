import Foundation

/// `LlavaForConditionalGeneration` as transformers saves it (llava-hf/llava-1.5-7b-hf).
public enum HuggingFaceFormat: WeightFormat {
  public static let name = "Hugging Face"
  public static let summary = "a folder with config.json and model.safetensors"

  public static func recognises(_ path: String) throws(WeightError) -> Bool {
    guard let file = try ConfigurationFile.optional(path: path + "/config.json") else {
      return false
    }
    return try file.string("model_type", default: "") == "llava" && file.has("vision_config")
  }

  public static func open(
    _ path: String, options: CheckpointOptions
  ) throws(WeightError) -> Checkpoint {
    let file = try ConfigurationFile(path: path + "/config.json")
    let tokenizer = try TokenizerFolder.tokenizer(in: path)
    let configuration = try configuration(file, in: path)
    let tied = try file.boolean("tie_word_embeddings", default: false)
    return try Checkpoint(
      path: path, layout: name, configuration: configuration, tokenizer: tokenizer,
      template: try template(in: path) ?? Templates.huggingFace,
      tensors: try TensorFolder.tensors(in: path), source: { _ in path },
      names: { part in
        names(of: part) + (tied && part == .outputHead ? names(of: .tokenEmbedding) : [])
      })
  }

  private static func configuration(
    _ file: ConfigurationFile, in path: String
  ) throws(WeightError) -> ModelConfiguration {
    try file.require("projector_hidden_act", isOneOf: ["gelu"], default: "gelu")
    try file.require("vision_feature_select_strategy", isOneOf: ["default"], default: "default")
    let vision = try VisionConfiguration(
      clip: file.section("vision_config"),
      featureLayer: file.integer("vision_feature_layer", default: -2, in: -512...512),
      preprocessor: .optional(path: path + "/preprocessor_config.json"))
    let text = try TextConfiguration(llama: file.section("text_config"))
    let imageToken =
      file.has("image_token_index") || file.has("image_token_id")
      ? try file.integer(
        file.has("image_token_index") ? "image_token_index" : "image_token_id",
        in: 0...(text.vocabulary - 1)) : nil
    return ModelConfiguration(
      vision: vision, text: text, imageToken: imageToken)
  }

  /// The template that one of the folder's chat templates quotes.
  private static func template(in path: String) throws(WeightError) -> Template? {
    for name in ["chat_template.json", "tokenizer_config.json"] {
      guard let file = try ConfigurationFile.optional(path: path + "/" + name) else { continue }
      // Some files hold a list of templates there; none of LLaVA-1.5's does.
      let text = (try? file.string("chat_template", default: "")) ?? ""
      if let template = Templates.quoted(in: text) { return template }
    }
    return nil
  }

  /// Names as published first; then those that transformers writes since version 4.52.
  static func names(of part: ModelPart) -> [String] {
    if let vision = TransformersNames.vision(part) {
      return ["vision_tower.vision_model.", "model.vision_tower.vision_model."].map { $0 + vision }
    }
    let projector = ["multi_modal_projector.", "model.multi_modal_projector."]
    let text = ["language_model.model.", "model.language_model."]
    switch part {
    case .projector1Weight: return projector.map { $0 + "linear_1.weight" }
    case .projector1Bias: return projector.map { $0 + "linear_1.bias" }
    case .projector2Weight: return projector.map { $0 + "linear_2.weight" }
    case .projector2Bias: return projector.map { $0 + "linear_2.bias" }
    case .tokenEmbedding: return text.map { $0 + "embed_tokens.weight" }
    case .textBlock(let layer, let part):
      return text.map { $0 + TransformersNames.text(layer, part) }
    case .finalNorm: return text.map { $0 + "norm.weight" }
    case .outputHead: return ["language_model.lm_head.weight", "lm_head.weight"]
    default: preconditionFailure("\(part) belongs to the vision tower")
    }
  }
}
