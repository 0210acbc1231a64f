import Foundation

/// The common name of a member of the LLaVA family: "LLaVA-1.6 (Mistral)".
///
/// It is only a label for lists: what is computed follows from the configuration.
enum FamilyMember {
  // MARK: From headers

  static func name(_ headers: CheckpointHeaders) -> String {
    let names = headers.evidence.names.map { $0.lowercased() }
    let text = headers.configuration.text
    let decoder = Self.decoder(
      text.decoder.name, vocabulary: text.vocabulary, feedForward: text.feedForward, names)
    let family = headers.evidence.architecture.split(separator: "/").first.map(String.init) ?? ""
    let hasNewline = headers.tensors.contains { $0.name.hasSuffix("image_newline") }
    guard let vision = headers.configuration.sight?.tower.name else {
      return "text model (\(decoder))"
    }
    return "\(member(family, decoder, vision: vision, hasNewline: hasNewline, names)) (\(decoder))"
  }

  /// The common name of the decoder. Several models have LLaMA's arithmetic; their sizes tell them
  /// apart.
  private static func decoder(
    _ name: String, vocabulary: Int, feedForward: Int, _ names: [String]
  ) -> String {
    guard name == "LLaMA" else { return name }
    if vocabulary >= 128_000 { return "Llama 3" }
    if vocabulary == 64_000 { return "Yi" }
    if names.contains(where: { $0.contains("phi") }) { return "Phi-3" }
    // 14336 is Mistral-7B's size; LLaMA-2 of the same width has 11008.
    return feedForward == 14336 ? "Mistral" : name
  }

  private static func member(
    _ family: String, _ decoder: String, vision: String, hasNewline: Bool, _ names: [String]
  ) -> String {
    switch family {
    case "llava_next": return "LLaVA-1.6"
    case "llava_onevision": return "LLaVA-OneVision"
    case "vipllava": return "ViP-LLaVA"
    default: break
    }
    if names.contains(where: { $0.contains("bakllava") }) { return "BakLLaVA" }
    if hasNewline { return vision == "SigLIP" ? "LLaVA-OneVision" : "LLaVA-1.6" }
    if vision == "SigLIP" { return "LLaVA-Interleave" }
    switch decoder {
    case "Llama 3": return "LLaVA-Llama-3"
    case "Phi-3": return "LLaVA-Phi-3"
    case "Mistral": return "BakLLaVA"
    default: return "LLaVA-1.5"
    }
  }

  // MARK: From the files of a refused model

  /// `model_type` of a folder with the text model's, or the architecture of a GGUF file; nil where
  /// neither can be read.
  static func name(_ model: LocatedModel) -> String? {
    if GGUFPair.isFolder(model.path) {
      guard let file = try? ConfigurationFile(path: model.path + "/config.json"),
        let type = try? file.string("model_type", default: ""), !type.isEmpty
      else { return nil }
      let text = try? file.section("text_config").string("model_type", default: "")
      return text.flatMap { $0.isEmpty ? nil : "\(type) (\($0))" } ?? type
    }
    guard let file = try? GGUFFile(path: model.path),
      let architecture = try? file.text("general.architecture"), !architecture.isEmpty
    else { return nil }
    return architecture
  }
}
