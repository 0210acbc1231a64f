import Foundation
import KVCache
import TestSupport
import Testing

@testable import Inference

/// Decoders other than LLaMA, from their own files to logits.
@Suite struct DecoderTests {
  private static func logits(_ folder: String) throws -> [Float] {
    let model = try LlavaModel(
      WeightFormats.open(folder), options: LoadOptions(matrixType: .f32, threads: 2))
    let pixels = try ImageFile.load(
      path: Oracle.root + "/images/landscape.jpg", reading: .asReference())
    return try PromptTrace(
      model: model, pixels: pixels, question: "What is this?",
      options: PromptTrace.Options(
        template: Templates.named("llava_v1"), policy: RetentionPolicies.named("full"),
        budget: .share(1), continuation: .greedy(1))
    ).logits
  }

  /// A copy of the LLaMA fixture that says it has another decoder.
  private static func withModel(
    _ text: [String: Any], tensors: (inout SafetensorsEdit) throws -> Void = { _ in },
    _ body: (String) throws -> Void
  ) throws {
    try withCopy(of: "tiny-mha/hf") { folder in
      let path = URL(fileURLWithPath: folder + "/config.json")
      let json = try JSONSerialization.jsonObject(with: Data(contentsOf: path))
      var configuration = try #require(json as? [String: Any])
      var section = try #require(configuration["text_config"] as? [String: Any])
      section.merge(text, uniquingKeysWith: { $1 })
      configuration["text_config"] = section
      try JSONSerialization.data(withJSONObject: configuration).write(to: path)
      var edit = try SafetensorsEdit(folder + "/model.safetensors")
      try tensors(&edit)
      try edit.write()
      try body(folder)
    }
  }

  private static var qwen2: [String: Any] { ["model_type": "qwen2", "num_key_value_heads": 6] }

  private static func golden() throws -> [Tensor] {
    try SafetensorsFile.tensors(
      of: MappedFile(path: Oracle.root + "/golden/qwen2-biases.safetensors"))
  }

  /// The golden logits are transformers' (5.24, f32) for the LLaMA fixture with random biases.
  @Test func qwen2sBiasesAreApplied() throws {
    let golden = try Self.golden()
    try Self.withModel(Self.qwen2) { edit in
      for bias in golden where bias.name != "logits" {
        edit.add(bias.name, try bias.floats(), shape: bias.shape)
      }
    } _: { folder in
      let expected = try #require(golden.first { $0.name == "logits" }).floats()
      expectClose(try Self.logits(folder), expected, absolute: 1e-3, "logits")
      // The pair that llama.cpp would read is the same model.
      try withFolder { target in
        let path = target + "/model.gguf"
        let checkpoint = try WeightFormats.open(folder)
        _ = try GGUFConversion.write(
          checkpoint, type: .f32, to: path, pool: ThreadPool(threads: 2))
        let copy = try WeightFormats.open(path)
        #expect(copy.configuration.text.decoder == .qwen2)
        for part in ModelPart.all(in: copy.configuration) where !part.isVision {
          #expect(try copy.tensor(part).floats() == checkpoint.tensor(part).floats(), "\(part)")
        }
      }
    }
  }

  @Test func qwen2WithoutItsBiasesIsRefused() throws {
    try Self.withModel(Self.qwen2) { folder in
      expectWeightError("no biases", says: ["layers.0.self_attn.q_proj.bias"]) {
        _ = try WeightFormats.open(folder)
      }
    }
  }

  @Test func mistralIsLLaMAWhereItHasNoWindow() throws {
    let plain = try Self.logits(Oracle.root + "/models/tiny-mha/hf")
    let mistral: [String: Any] = [
      "model_type": "mistral", "num_key_value_heads": 6, "sliding_window": NSNull(),
    ]
    try Self.withModel(mistral) { folder in
      let logits = try Self.logits(folder)
      #expect(logits == plain)
    }
    // An absent key means a window of 4096, which hides nothing in 4096 positions.
    try Self.withModel(["model_type": "mistral", "num_key_value_heads": 6]) { folder in
      _ = try WeightFormats.open(folder)
    }
  }

  @Test(arguments: ["sliding_window", "max_position_embeddings"])
  func mistralsWindowIsRefused(key: String) throws {
    let value = key == "sliding_window" ? 32 : 8192
    try Self.withModel(["model_type": "mistral", "num_key_value_heads": 6, key: value]) { folder in
      expectWeightError(key, says: ["sliding_window is"]) { _ = try WeightFormats.open(folder) }
    }
  }

  @Test func qwen2sWindowCountsOnlyWhenItIsUsed() throws {
    let golden = try Self.golden()
    for isUsed in [false, true] {
      var text = Self.qwen2
      text["sliding_window"] = 32
      text["use_sliding_window"] = isUsed
      try Self.withModel(text) { edit in
        for bias in golden where bias.name != "logits" {
          edit.add(bias.name, try bias.floats(), shape: bias.shape)
        }
      } _: { folder in
        guard isUsed else {
          _ = try WeightFormats.open(folder)
          return
        }
        expectWeightError("window", says: ["sliding_window is 32"]) {
          _ = try WeightFormats.open(folder)
        }
      }
    }
  }
}
