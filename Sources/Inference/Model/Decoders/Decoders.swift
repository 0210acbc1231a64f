/// The decoder architectures that can be run. A further one is one new file and one line here.
public enum Decoders {
  /// The records. When two have the same GGUF architecture, the first reads such files.
  public static let all: [DecoderArchitecture] = [.llama, .mistral, .qwen2, .phi3]

  /// The decoder that a Hugging Face configuration's text section asks for.
  ///
  /// - Throws: `WeightError.unsupported` naming an unknown `model_type` and what is available.
  static func decoder(huggingFace section: ConfigurationFile) throws(WeightError)
    -> DecoderArchitecture
  {
    // transformers takes a section without a type for LLaMA.
    let type = try section.string("model_type", default: DecoderArchitecture.llama.modelType)
    guard let decoder = all.first(where: { $0.modelType == type }) else {
      throw section.unknown("model_type", type, available: all.map(\.modelType))
    }
    return decoder
  }

  /// The decoder inside a model in LLaVA's own layout.
  static func decoder(original file: ConfigurationFile) throws(WeightError) -> DecoderArchitecture {
    let type = try file.string("model_type", default: "llava")
    guard let decoder = all.first(where: { $0.originalModelTypes.contains(type) }) else {
      throw file.unknown("model_type", type, available: all.flatMap(\.originalModelTypes))
    }
    return decoder
  }

  /// The decoder in a GGUF text model.
  static func decoder(gguf file: GGUFFile) throws(WeightError) -> DecoderArchitecture {
    let architecture = try file.text("general.architecture")
    guard let decoder = all.first(where: { $0.ggufArchitecture == architecture }) else {
      throw file.unknown(
        "general.architecture", architecture, available: all.map(\.ggufArchitecture))
    }
    return decoder
  }
}
