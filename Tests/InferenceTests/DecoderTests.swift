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

  @Test(arguments: ["0", "-1", "2.5", "true", "\"32\""])
  func windowsThatNoModelHasAreRefused(value: String) throws {
    let window = try JSONSerialization.jsonObject(
      with: Data(value.utf8), options: .fragmentsAllowed)
    let mistral: [String: Any] = [
      "model_type": "mistral", "num_key_value_heads": 6, "sliding_window": window,
    ]
    try Self.withModel(mistral) { folder in
      expectWeightError(value, says: ["text_config.sliding_window as"]) {
        _ = try WeightFormats.open(folder)
      }
    }
  }

  /// An absent key is the architecture's own window, null is none, and the context bounds it.
  @Test func mistralsWindowIsWhatTheFileSays() throws {
    let cases: [(window: Any?, context: Int, expected: Int?)] = [
      (nil, 8192, 4096), (NSNull(), 8192, nil), (32, 4096, 32), (4096, 4096, nil),
    ]
    for (window, context, expected) in cases {
      var text: [String: Any] = [
        "model_type": "mistral", "num_key_value_heads": 6, "max_position_embeddings": context,
      ]
      text["sliding_window"] = window
      try Self.withModel(text) { folder in
        let windows = try WeightFormats.open(folder).configuration.text.windows
        #expect(windows == Array(repeating: expected, count: windows.count))
      }
    }
  }

  @Test func qwen2sWindowCountsOnlyWhereItIsUsed() throws {
    let golden = try Self.golden()
    func windows(_ more: [String: Any]) throws -> [Int?] {
      var windows: [Int?] = []
      try Self.withModel(Self.qwen2.merging(more, uniquingKeysWith: { $1 })) { edit in
        for bias in golden where bias.name != "logits" {
          edit.add(bias.name, try bias.floats(), shape: bias.shape)
        }
      } _: {
        windows = try WeightFormats.open($0).configuration.text.windows
      }
      return windows
    }
    let none = try windows(["sliding_window": 32])
    #expect(none.allSatisfy { $0 == nil } && none.count > 2)
    let late = try windows([
      "sliding_window": 32, "use_sliding_window": true, "max_window_layers": 2,
    ])
    #expect(late == none.indices.map { $0 < 2 ? nil : 32 })
    let listed = try windows([
      "sliding_window": 32, "use_sliding_window": true,
      "layer_types": none.indices.map { $0 == 1 ? "sliding_attention" : "full_attention" },
    ])
    #expect(listed == none.indices.map { $0 == 1 ? 32 : nil })
    for types in [["sliding_attention"], none.map { _ in "linear_attention" }] {
      expectWeightError("layer types", says: ["layer_types", "'sliding_attention'"]) {
        _ = try windows(["use_sliding_window": true, "sliding_window": 32, "layer_types": types])
      }
    }
  }
}
