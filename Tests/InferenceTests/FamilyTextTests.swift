import Foundation
import KVCache
import TestSupport
import Testing

@testable import Inference

/// Members of the LLaVA family that differ in their language model, against two independent
/// implementations.
@Suite struct FamilyTextTests {
  static let members = [
    FamilyModel(name: "llava-llama3", layout: "hf", template: "llama3"),
    FamilyModel(name: "llava-llama3", layout: "hf-v5", template: "llama3"),
    FamilyModel(
      name: "llava-llama3", layout: "gguf/llava-llama3-f16.gguf", template: "llama3"),
    FamilyModel(name: "bakllava", layout: "hf", template: "bakllava"),
    FamilyModel(name: "bakllava", layout: "bakllava-tiny", template: "bakllava"),
    FamilyModel(name: "llava-phi3", layout: "hf", template: "phi3"),
    FamilyModel(name: "llava-phi3", layout: "gguf/llava-phi3-f16.gguf", template: "phi3"),
  ]

  @Test("prompts, logits, importance and compressed caches equal the reference", arguments: members)
  func membersEqualTheReference(member: FamilyModel) throws { try member.expectGolden() }

  @Test func quantisedWeightsGiveTheLogitsOfTheirValues() throws {
    try FamilyModel(
      name: "llava-llama3", layout: "gguf/llava-llama3-q4_1.gguf", template: "llama3"
    ).expectQuantisedGolden("q4_1")
  }

  // MARK: Fused matrices

  private static let phi3 = "../family/models/llava-phi3/hf"

  @Test func fusedMatricesAreTheirPartsOneAfterAnother() throws {
    let checkpoint = try WeightFormats.open(Oracle.path("models/" + Self.phi3))
    let whole = try checkpoint.headers.storedTensor(.textBlock(1, .q))
    let parts = try [TextBlockPart.q, .k, .v].map { try checkpoint.tensor(.textBlock(1, $0)) }
    #expect(parts.map(\.shape) == [[64, 64], [32, 64], [32, 64]] && whole.shape == [128, 64])
    #expect(try parts.flatMap { try $0.floats() } == whole.floats())
    #expect(try checkpoint.headers.storedTensor(.textBlock(1, .o)).name.hasSuffix("o_proj.weight"))
  }

  @Test(arguments: [
    ("num_key_value_heads", 4, "[128, 64]"), ("intermediate_size", 96, "[256, 64]"),
  ])
  func fusedMatricesOfAnotherHeightAreRefused(key: String, value: Int, found: String) throws {
    try withCopy(of: Self.phi3) { folder in
      try Self.edit(folder) { $0[key] = value }
      expectWeightError(key, path: folder + "/model.safetensors", says: ["_proj.weight", found]) {
        _ = try WeightFormats.open(folder)
      }
    }
  }

  private static func edit(
    _ folder: String, _ change: (inout [String: Any]) -> Void
  ) throws {
    let url = URL(fileURLWithPath: folder + "/config.json")
    let json = try JSONSerialization.jsonObject(with: Data(contentsOf: url))
    var object = try #require(json as? [String: Any])
    var text = try #require(object["text_config"] as? [String: Any])
    change(&text)
    object["text_config"] = text
    try JSONSerialization.data(withJSONObject: object).write(to: url)
  }

  // MARK: Long conversations

  /// A conversation that outgrows longrope's short factors is read once more with the long ones.
  @Test func aConversationThatGrowsIsReadAgain() throws {
    try withCopy(of: Self.phi3) { folder in
      try Self.edit(folder) { $0["original_max_position_embeddings"] = 64 }
      let model = try LlavaModel(
        WeightFormats.open(folder), options: LoadOptions(matrixType: .f32, threads: 2))
      let chat = try ChatSession(
        model: model,
        options: ChatOptions(
          policy: RetentionPolicies.named("full"), template: Templates.named("phi3"),
          sampling: SamplingOptions(maximumTokens: 8)))
      let first = try chat.ask("Why?", observer: Listener())
      let second = try chat.ask("What is in the picture, and why?", observer: Listener())
      let third = try chat.ask("And what else is there to be seen?", observer: Listener())
      let seen = try #require(chat.snapshot.layers.first?.seen)
      #expect(second.promptTokens < 40 && first.promptTokens < 40)
      // The prompt of the third question is the whole conversation.
      #expect(third.promptTokens > 64 && seen <= third.promptTokens + third.generatedTokens)
      let fourth = try chat.ask("Why?", observer: Listener())
      #expect(fourth.promptTokens < 40)
    }
  }

  /// The pair that llama.cpp would read is the same model: rope scaling, window and fused matrices
  /// are in it.
  @Test(arguments: [("llava-llama3", "hf"), ("bakllava", "hf"), ("llava-phi3", "hf")])
  func convertedMembersGiveTheSameLogits(name: String, layout: String) throws {
    let member = FamilyModel(name: name, layout: layout, template: "hf")
    let checkpoint = try WeightFormats.open(member.path)
    try withFolder { folder in
      let path = folder + "/model.gguf"
      _ = try GGUFConversion.write(checkpoint, type: .f32, to: path, pool: ThreadPool(threads: 2))
      let copy = try WeightFormats.open(path)
      let logits = try [checkpoint, copy].map { checkpoint in
        let model = try LlavaModel(
          checkpoint, options: LoadOptions(matrixType: .f32, threads: 2))
        let session = try model.session(
          SessionOptions(policy: RetentionPolicies.named("full"), cachePrecision: .f32))
        let prompt = Prompt(ids: [1] + (0..<60).map { 10 + $0 * 5 })
        return try session.prefill(prompt, image: nil).logits
      }
      expectClose(logits[1], logits[0], absolute: 1e-4, "\(name): logits")
      #expect(copy.configuration.text.windows == checkpoint.configuration.text.windows)
    }
  }
}
