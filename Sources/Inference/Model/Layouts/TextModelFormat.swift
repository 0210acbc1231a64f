import Basics
import Foundation

/// A language model alone as transformers saves it (`LlamaForCausalLM` and others): no pictures.
enum TextModelFormat: WeightFormat {
  static let name = "Hugging Face"
  static let summary = "a folder with a text model's config.json and model.safetensors"

  static func recognises(_ path: String) throws(WeightError) -> Bool {
    guard let file = try ConfigurationFile.optional(path: path + "/config.json"),
      !file.has("vision_config"), !file.has("mm_vision_tower")
    else { return false }
    let type = try file.string("model_type", default: "")
    return Decoders.all.contains { $0.modelType == type }
  }

  static func headers(
    _ path: String, options: CheckpointOptions
  ) throws(WeightError) -> CheckpointHeaders {
    let file = try ConfigurationFile(path: path + "/config.json")
    try file.refuseQuantisation()
    let decoder = try Decoders.decoder(huggingFace: file)
    return try CheckpointHeaders(
      path: path, layout: name,
      configuration: ModelConfiguration(
        vision: nil, text: try TextConfiguration(file, decoder: decoder), imageToken: nil),
      tokenizer: { () throws(WeightError) in try TokenizerFolder.tokenizer(in: path) },
      template: TemplateEvidence(
        chatTemplates: try ChatTemplateFiles.read(in: path), architecture: decoder.modelType,
        names: [PathText.name(of: path)], usual: (Templates.vicuna, name)),
      tensors: try TensorFolder.tensors(in: path), source: { _ in path }, naming: naming)
  }

  static let naming = TensorNaming(
    family: { $0.transformers }, decoder: ["model."], head: [""], tower: [],
    projector: ([], []))
}
