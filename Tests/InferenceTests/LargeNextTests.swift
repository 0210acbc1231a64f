import Foundation
import KVCache
import TestSupport
import Testing

@testable import Inference

/// LLaVA-1.6 34b has the parts of the Vicuna members and a tokenizer with ChatML's marks (Yi). It is made
/// here of the tiny Vicuna member: what is checked is its template, its tokens and its geometry, and
/// not its logits.
@Suite struct LargeNextTests {
  private static let vicuna = FamilyModel(name: "next-vicuna", layout: "hf", template: "chatml")

  /// - Parameter name: of the folder, which may name the model's size.
  private func withModel(_ name: String, _ body: (String) throws -> Void) throws {
    try withFolder { parent in
      let (folder, source) = (parent + "/" + name, Self.vicuna.path)
      let files = FileManager.default
      try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
      for name in ["model.safetensors", "preprocessor_config.json"] {
        try files.createSymbolicLink(
          atPath: folder + "/" + name, withDestinationPath: source + "/" + name)
      }
      func write(_ name: String, _ object: [String: Any]) throws {
        try JSONSerialization.data(withJSONObject: object)
          .write(to: URL(fileURLWithPath: folder + "/" + name))
      }
      func read(_ name: String) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(fileURLWithPath: source + "/" + name))
        return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
      }
      var configuration = try read("config.json")
      var text = try #require(configuration["text_config"] as? [String: Any])
      text["rope_theta"] = 5_000_000
      configuration["text_config"] = text
      try write("config.json", configuration)
      var tokenizer = try read("tokenizer.json")
      let marks = [(402, "<|im_start|>"), (403, "<|im_end|>")].map { id, mark in
        [
          "id": id, "content": mark, "single_word": false, "lstrip": false, "rstrip": false,
          "normalized": false, "special": true,
        ] as [String: Any]
      }
      tokenizer["added_tokens"] =
        try #require(tokenizer["added_tokens"] as? [[String: Any]]) + marks
      // Prompts do not begin with a token of their own.
      tokenizer["post_processor"] = NSNull()
      try write("tokenizer.json", tokenizer)
      try write("tokenizer_config.json", ["eos_token": "<|im_end|>", "add_bos_token": false])
      try write("generation_config.json", ["eos_token_id": 403])
      try body(folder)
    }
  }

  @Test(arguments: [
    ("llava-v1.6-34b-hf", TemplateChoice.Reason.modelName("34b")),
    ("model", .specialTokens(["<|im_start|>", "<|im_end|>"])),
  ])
  func theTemplateIsChatML(name: String, reason: TemplateChoice.Reason) throws {
    try withModel(name) { folder in
      let choice = try WeightFormats.open(folder).templateChoice
      #expect(choice.template.name == "chatml" && choice.reason == reason)
    }
  }

  /// The ids are those of Hugging Face's tokenizers 0.23.3 for the template's text and this tokenizer.
  @Test func promptsHaveTheTokensOfHuggingFace() throws {
    try withModel("llava-v1.6-34b-hf") { folder in
      let checkpoint = try WeightFormats.open(folder)
      #expect(checkpoint.tokenizer.specials == Specials(begin: nil, end: 403, others: [2]))
      let prompt = Conversation(
        template: checkpoint.template, turns: [Turn("What is in the picture?", image: .first)]
      ).prompt(checkpoint.tokenizer)
      let ids = prompt.tokens.map { if case .token(let id) = $0 { id } else { -200 } }
      #expect(
        ids == [
          402, 262, 355, 339, 338, 335, 351, 13, 383, 341, 328, 260, 273, 334, 297, 285, 338, 343,
          263, 339, 357, 403, 402, 334, 346, 277, 337, 13, -200, 334, 13, 387, 345, 275, 267, 339,
          267, 341, 260, 273, 295, 332, 382, 403, 402, 270, 339, 339, 287, 338, 261, 338, 13,
        ])
    }
  }

  @Test func picturesAreCutAsInTheOtherMembers() throws {
    let golden = try FamilyGolden(Self.vicuna)
    try withModel("llava-v1.6-34b-hf") { folder in
      let model = try LlavaModel(
        WeightFormats.open(folder), options: LoadOptions(matrixType: .f32, threads: 2))
      #expect(model.configuration.text.rotary.base == 5_000_000)
      for sample in golden.samples {
        let pixels = try FamilyModel.picture(sample.image)
        #expect(try model.imageRows(of: pixels) == sample.image_tokens, "\(sample.id)")
      }
      let image = try model.embed(FamilyModel.picture("small"))
      let prompt = Conversation(
        template: model.checkpoint.template, turns: [Turn("What is this?", image: .first)]
      ).prompt(model.tokenizer)
      let session = try model.session(
        SessionOptions(policy: RetentionPolicies.named("full"), cachePrecision: .f32))
      let logits = try session.prefill(prompt, image: image).logits
      #expect(session.cache.seen == prompt.rows(imageRows: image.count))
      #expect(logits.count == 416 && logits.allSatisfy(\.isFinite))
    }
  }
}
