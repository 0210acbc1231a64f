import Foundation
import KVCache
import TestSupport
import Testing

@testable import Inference

/// Text models alone: the decoders of the LLaVA fixtures without their towers.
@Suite struct TextModelTests {
  /// The language model of a LLaVA model in the Hugging Face layout as a folder of its own.
  static func withTextModel<Result>(
    of model: String, _ change: (inout [String: Any]) -> Void = { _ in },
    _ body: (String) throws -> Result
  ) throws -> Result {
    try withCopy(of: model) { folder in
      let url = URL(fileURLWithPath: folder + "/config.json")
      let json = try JSONSerialization.jsonObject(with: Data(contentsOf: url))
      let whole = try #require(json as? [String: Any])
      var text = try #require(whole["text_config"] as? [String: Any])
      text["architectures"] = ["CausalLM"]
      change(&text)
      try JSONSerialization.data(withJSONObject: text).write(to: url)
      try FileManager.default.removeItem(atPath: folder + "/preprocessor_config.json")
      var edit = try SafetensorsEdit(folder + "/model.safetensors")
      edit.remove { $0.contains("vision_tower") || $0.contains("multi_modal_projector") }
      edit.rename {
        $0.replacing("model.language_model.", with: "model.").replacing("language_model.", with: "")
      }
      try edit.write()
      return try body(folder)
    }
  }

  private static func logits(_ model: LlavaModel) throws -> [Float] {
    let session = try model.session(
      SessionOptions(policy: RetentionPolicies.named("full"), cachePrecision: .f32))
    let prompt = Prompt(text: [1] + (0..<50).map { 10 + $0 * 5 })
    return try session.prefill(prompt, image: nil).logits
  }

  private static func model(_ path: String) throws -> LlavaModel {
    try LlavaModel(
      WeightFormats.open(path), options: LoadOptions(matrixType: .f32, threads: 2))
  }

  static let fixtures = [
    "tiny-gqa/hf", "../family/models/llava-llama3/hf", "../family/models/bakllava/hf",
    "../family/models/llava-phi3/hf",
  ]

  @Test(arguments: fixtures)
  func theDecoderAloneGivesTheSameLogits(fixture: String) throws {
    let whole = try Self.model(Oracle.path("models/" + fixture))
    let expected = try Self.logits(whole)
    try Self.withTextModel(of: fixture) { folder in
      let alone = try Self.model(folder)
      #expect(!alone.seesPictures && whole.seesPictures)
      #expect(alone.configuration.maximumImageRows == 0)
      #expect(try Self.logits(alone) == expected)
      #expect(alone.configuration.text == whole.configuration.text)
      // The same as one GGUF file.
      try withFolder { target in
        let files = try GGUFConversion.write(
          alone.checkpoint, type: .f32, to: target + "/text.gguf", pool: ThreadPool(threads: 2))
        #expect(files.projector == nil)
        let copy = try Self.model(files.text)
        #expect(!copy.seesPictures)
        expectClose(try Self.logits(copy), expected, absolute: 1e-4, "\(fixture): GGUF")
      }
    }
  }

  @Test func aChatNeedsNoPicture() throws {
    try Self.withTextModel(of: "tiny-gqa/hf") { folder in
      let model = try Self.model(folder)
      let chat = try ChatSession(
        model: model,
        options: ChatOptions(
          policy: RetentionPolicies.named("prefixkv"), budget: .share(0.5),
          sampling: SamplingOptions(maximumTokens: 12)))
      let statistics = try chat.ask("What is the capital of France?", observer: Listener())
      #expect(statistics.generatedTokens > 0 && statistics.imageTokens == 0)
      let layers = chat.snapshot.layers
      #expect(
        layers.count == model.configuration.text.layers
          && layers.allSatisfy { $0.image == 0 && $0.retained < $0.seen })
      let error = #expect(throws: ModelError.self) {
        try chat.begin(pixels: Pixels(width: 1, height: 1, rgb: [1, 2, 3]))
      }
      #expect("\(error!)".contains("text model") && "\(error!)".contains("give a LLaVA model"))
      let trace = try PromptTrace(
        model: model, pixels: nil, question: "Why?",
        options: PromptTrace.Options(
          template: Templates.named("vicuna_v1"), policy: RetentionPolicies.named("prefixkv"),
          budget: .share(0.5), continuation: .greedy(4)))
      #expect(trace.image == nil && !trace.ids.contains(-200) && trace.greedy.count <= 4)
      let report = ModelReport(model.checkpoint)
      #expect(report.summary.contains("none: a text model alone"))
      #expect(!report.summary.contains("an image"))
    }
  }

  @Test func templatesOfTextModelsAreFound() throws {
    func name(_ fixture: String, _ change: (inout [String: Any]) -> Void = { _ in }) throws
      -> String
    {
      try Self.withTextModel(of: fixture, change) {
        try WeightFormats.open($0).template.name
      }
    }
    // The folder keeps its chat template.
    #expect(try name("tiny-gqa/hf") == "hf")
    #expect(try name("../family/models/llava-llama3/hf") == "llama3")
    #expect(try name("../family/models/llava-phi3/hf") == "phi3")
    #expect(try name("../family/models/bakllava/hf") == "mistral")
  }

  @Test func aTextModelWithMoreInItIsRefused() throws {
    try Self.withTextModel(of: "tiny-gqa/hf") { folder in
      var edit = try SafetensorsEdit(folder + "/model.safetensors")
      edit.add("model.layers.0.self_attn.q_norm.weight", [1, 2], shape: [2])
      try edit.write()
      expectWeightError("q_norm", says: ["q_norm.weight", "LLaMA decoder does not use"]) {
        _ = try WeightFormats.open(folder)
      }
    }
    try Self.withTextModel(
      of: "tiny-gqa/hf", { $0["quantization_config"] = ["quant_method": "gptq"] }
    ) { folder in
      expectWeightError("gptq", says: ["gptq", "GGUF"]) { _ = try WeightFormats.open(folder) }
    }
  }
}
