import Foundation
import TestSupport
import Testing

@testable import Inference

/// What a model of another kind meets: a sentence that names the cause, never wrong answers.
@Suite struct ModelArchitectureTests {
  static let huggingFace = "tiny-gqa/hf"

  /// A copy of the Hugging Face fixture, changed, for `body`.
  private static func withModel(
    configuration: (inout [String: Any]) -> Void = { _ in },
    tensors: ((inout SafetensorsEdit) -> Void)? = nil, _ body: (String) throws -> Void
  ) throws {
    try withCopy(of: huggingFace) { folder in
      try editJSON(folder + "/config.json", configuration)
      if let tensors {
        var edit = try SafetensorsEdit(folder + "/model.safetensors")
        tensors(&edit)
        try edit.write()
      }
      try body(folder)
    }
  }

  /// A copy of the fixture in LLaVA's own layout, with its tower beside it.
  private static func withOriginal(
    _ configuration: (inout [String: Any]) -> Void, _ body: (String) throws -> Void
  ) throws {
    try withCopy(of: "tiny-gqa") { folder in
      let model = folder + "/llava-v1.5-tiny-gqa"
      try editJSON(model + "/config.json", configuration)
      try body(model)
    }
  }

  private static func editJSON(_ path: String, _ change: (inout [String: Any]) -> Void) throws {
    let url = URL(fileURLWithPath: path)
    let json = try JSONSerialization.jsonObject(with: Data(contentsOf: url))
    var object = try #require(json as? [String: Any])
    change(&object)
    try JSONSerialization.data(withJSONObject: object).write(to: url)
  }

  private static func set(
    _ section: String?, _ key: String, _ value: String
  ) -> (inout [String: Any]) -> Void {
    { object in
      let json = Data("[\(value)]".utf8)
      guard let list = try? JSONSerialization.jsonObject(with: json) as? [Any], list.count == 1
      else { preconditionFailure("\(value) must be JSON") }
      let value = list[0]
      guard let section else {
        object[key] = value
        return
      }
      var inner = object[section] as? [String: Any] ?? [:]
      inner[key] = value
      object[section] = inner
    }
  }

  // MARK: Records

  @Test(arguments: Decoders.all.map(\.name))
  func everyDecoderListsWhatTheForwardPassNeeds(name: String) throws {
    let decoder = try #require(Decoders.all.first { $0.name == name })
    let needed: [TextBlockPart] = [.inputNorm, .q, .k, .v, .o, .postNorm, .gate, .up, .down]
    #expect(needed.allSatisfy { decoder.names(of: $0) != nil })
    let tensors = Array(decoder.block.values) + decoder.fused.map(\.names)
    for names in [tensors.map(\.transformers), tensors.map(\.gguf)] {
      #expect(Set(names).count == tensors.count, "two parts of one name")
    }
    #expect(decoder.fused.flatMap(\.parts).allSatisfy { decoder.block[$0] == nil })
    #expect(Decoders.all.filter { $0.modelType == decoder.modelType }.count == 1)
  }

  @Test(arguments: Towers.all.map(\.name))
  func everyTowerListsWhatTheForwardPassNeeds(name: String) throws {
    let tower = try #require(Towers.all.first { $0.name == name })
    #expect(VisionBlockPart.allCases.allSatisfy { tower.block[$0] != nil })
    #expect(tower.outside[.visionPatchEmbedding] != nil)
    #expect(tower.outside[.visionPositionEmbedding] != nil)
    let norm: [ModelPart] = [.visionPreNormWeight, .visionPreNormBias]
    #expect(Set(norm.map { tower.outside[$0] == nil }).count == 1, "half a norm")
    let applied = Set(norm).union([
      .visionClassEmbedding, .visionPatchEmbedding, .visionPatchBias, .visionPositionEmbedding,
    ])
    #expect(Set(tower.outside.keys).isSubset(of: applied))
    #expect(Towers.all.filter { $0.modelType == tower.modelType }.count == 1)
  }

  // MARK: Kinds of models

  @Test(arguments: [
    (nil, "model_type", "\"llava_next_video\"", "'llava_next_video'"),
    (nil, "model_type", "\"gemma3\"", "'gemma3', which is Gemma 3's"),
    (nil, "model_type", "\"qwen2_vl\"", "'qwen2_vl', which is Qwen2-VL's"),
    ("text_config", "model_type", "\"gemma2\"", "text_config.model_type is 'gemma2'"),
    ("vision_config", "model_type", "\"dinov2\"", "vision_config.model_type is 'dinov2'"),
  ])
  func unknownTypesAreNamedWithWhatIsAvailable(
    section: String?, key: String, value: String, says: String
  ) throws {
    try Self.withModel(configuration: Self.set(section, key, value)) { folder in
      expectWeightError(value, path: folder + "/config.json", says: [says, "available: '"]) {
        _ = try WeightFormats.open(folder)
      }
    }
  }

  @Test func unknownTypesOfTheOriginalLayoutAreNamed() throws {
    try Self.withOriginal(Self.set(nil, "model_type", "\"llava_mpt\"")) { folder in
      expectWeightError("mpt", says: ["model_type is 'llava_mpt'", "'llava_llama'"]) {
        _ = try WeightFormats.open(folder)
      }
    }
  }

  /// Each key asks for an arithmetic that the forward pass does not have.
  @Test(arguments: [
    ("text_config", "attention_bias", "true"), ("text_config", "mlp_bias", "true"),
    ("text_config", "sliding_window", "32"), ("text_config", "sliding_window", "0"),
    ("text_config", "rope_parameters", "{\"rope_type\": \"llama3\", \"factor\": 8}"),
    ("text_config", "rope_scaling", "{\"rope_type\": \"yarn\"}"),
    ("text_config", "rope_parameters", "{\"full_attention\": {\"rope_theta\": 1000000.0}}"),
    ("text_config", "qk_layernorm", "true"), ("text_config", "rope_interleaved", "true"),
    ("text_config", "attn_temperature_tuning", "true"),
    ("text_config", "final_logit_softcapping", "30.0"), ("text_config", "logit_scale", "0.0625"),
    ("text_config", "residual_multiplier", "0.2"), ("text_config", "qk_norm", "true"),
    ("text_config", "num_local_experts", "8"), ("vision_config", "num_channels", "1"),
    (nil, "vision_feature_layer", "[]"),
    (nil, "vision_feature_layer", "[1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1]"),
    (nil, "vision_feature_select_strategy", "\"cls\""),
    (nil, "image_grid_pinpoints", "[[336, 672]]"), (nil, "multimodal_projector_bias", "false"),
    (nil, "projector_hidden_act", "\"relu\""),
    (nil, "quantization_config", "{\"quant_method\": \"bitsandbytes\"}"),
    (nil, "quantization", "{\"bits\": 4}"),
  ])
  func keysThatChangeTheArithmeticAreRefused(section: String?, key: String, value: String) throws {
    try Self.withModel(configuration: Self.set(section, key, value)) { folder in
      expectWeightError(key, path: folder + "/config.json", says: [key]) {
        _ = try WeightFormats.open(folder)
      }
    }
  }

  /// Weights that some other program has quantised are refused by the name of its method.
  @Test(arguments: [
    ("quantization_config", "{\"quant_method\": \"awq\", \"bits\": 4}", "awq"),
    ("quantization_config", "{\"quant_method\": \"gptq\", \"bits\": 4}", "gptq"),
    ("quantization_config", "{\"quant_method\": \"bitsandbytes\"}", "bitsandbytes"),
    ("quantization_config", "{\"quant_method\": \"fp8\"}", "fp8"),
    ("quantization_config", "{\"quant_method\": \"compressed-tensors\"}", "compressed-tensors"),
    ("quantization", "{\"group_size\": 64, \"bits\": 4}", "MLX"),
  ])
  func quantisedWeightsAreRefusedByMethod(key: String, value: String, method: String) throws {
    try Self.withModel(configuration: Self.set(nil, key, value)) { folder in
      let says = [key, "quantised by \(method);", "original weights or a GGUF file"]
      expectWeightError(method, path: folder + "/config.json", says: says) {
        _ = try WeightFormats.open(folder)
      }
    }
  }

  @Test(arguments: [
    ("text_config", "attention_bias", "false"), ("text_config", "sliding_window", "null"),
    ("text_config", "sliding_window", "1000000"), ("text_config", "logit_scale", "1.0"),
    ("text_config", "partial_rotary_factor", "1"), ("text_config", "rope_scaling", "null"),
    ("text_config", "rope_parameters", "{\"rope_type\": \"default\", \"rope_theta\": 10000.0}"),
    (nil, "vision_feature_layer", "[-2]"), (nil, "image_grid_pinpoints", "null"),
    (nil, "quantization_config", "null"),
  ])
  func valuesThatChangeNothingAreAccepted(section: String?, key: String, value: String) throws {
    let reference = try WeightFormats.open("\(Oracle.root)/models/\(Self.huggingFace)")
    try Self.withModel(configuration: Self.set(section, key, value)) { folder in
      let configuration = try WeightFormats.open(folder).configuration
      #expect(configuration == reference.configuration)
    }
  }

  @Test func rotaryBaseIsReadFromEitherPlace() throws {
    for (key, value) in [
      ("rope_theta", "500000"), ("rope_parameters", "{\"rope_theta\": 500000.0}"),
    ] {
      try Self.withModel(configuration: Self.set("text_config", key, value)) { folder in
        let text = try WeightFormats.open(folder).configuration.text
        #expect(text.rotary.base == 500_000)
      }
    }
  }

  // MARK: Tensors

  @Test(arguments: [
    "language_model.model.layers.0.self_attn.q_proj.bias",
    "language_model.model.layers.2.self_attn.q_norm.weight", "image_newline",
    "language_model.model.layers.5.input_layernorm.weight",
    "vision_tower.vision_model.encoder.layers.0.mlp.fc3.weight",
    "multi_modal_projector.norm.weight",
    "vision_tower.vision_model.embeddings.patch_embedding.bias", "anything",
  ])
  func aTensorThatNobodyReadsIsNamed(name: String) throws {
    try Self.withModel(tensors: { $0.add(name, [1, 2], shape: [2]) }) { folder in
      expectWeightError(name, path: folder + "/model.safetensors", says: ["'\(name)'", "LLaMA"]) {
        _ = try WeightFormats.open(folder)
      }
    }
  }

  @Test(arguments: [
    "language_model.model.layers.0.self_attn.rotary_emb.inv_freq",
    "vision_tower.vision_model.embeddings.position_ids",
    "vision_tower.vision_model.post_layernorm.weight",
    "model.vision_tower.vision_model.post_layernorm.bias",
    "vision_tower.vision_model.encoder.layers.7.mlp.fc1.bias",
  ])
  func whatChangesNoAnswerMayBeLeftOver(name: String) throws {
    try Self.withModel(tensors: { edit in
      if !edit.names.contains(name) { edit.add(name, [1, 2], shape: [2]) }
    }) { folder in
      _ = try WeightFormats.open(folder)
    }
  }

  /// The prefixes that transformers has given to one and the same weights over time.
  @Test(arguments: [
    ("language_model.model.", "model.language_model."), ("language_model.lm_head.", "lm_head."),
    ("multi_modal_projector.", "model.multi_modal_projector."),
    ("vision_tower.vision_model.", "vision_tower."),
    ("vision_tower.vision_model.", "model.vision_tower.vision_model."),
    ("vision_tower.vision_model.", "model.vision_tower."),
  ])
  func everyPrefixIsAcceptedForEveryPart(published: String, other: String) throws {
    let reference = try WeightFormats.open("\(Oracle.root)/models/\(Self.huggingFace)")
    try Self.withModel(tensors: { edit in
      edit.rename { name in
        name.hasPrefix(published) ? other + name.dropFirst(published.count) : name
      }
    }) { folder in
      let checkpoint = try WeightFormats.open(folder)
      for part in ModelPart.all(in: checkpoint.configuration) {
        #expect(try checkpoint.tensor(part).floats() == reference.tensor(part).floats())
      }
    }
  }

  @Test(arguments: [nil, "text_config"])
  func aTiedHeadIsTheEmbedding(section: String?) throws {
    try Self.withModel(configuration: Self.set(section, "tie_word_embeddings", "true")) { folder in
      let checkpoint = try WeightFormats.open(folder)
      #expect(checkpoint.configuration.text.headIsTied)
      let embedding = try checkpoint.tensor(.tokenEmbedding)
      #expect(try checkpoint.tensor(.outputHead).name == embedding.name)
    }
  }

  // MARK: Picture processors

  /// As in transformers, where the file of its own is there, too.
  @Test(arguments: [true, false]) func aProcessorWithinAnotherFileIsRead(alone: Bool) throws {
    try Self.withModel { folder in
      let plain = URL(fileURLWithPath: folder + "/preprocessor_config.json")
      let json = try JSONSerialization.jsonObject(with: Data(contentsOf: plain))
      var numbers = try #require(json as? [String: Any])
      numbers["image_mean"] = [0.5, 0.25, 0.125]
      if alone { try FileManager.default.removeItem(at: plain) }
      try JSONSerialization.data(withJSONObject: ["image_processor": numbers])
        .write(to: URL(fileURLWithPath: folder + "/processor_config.json"))
      #expect(try WeightFormats.open(folder).configuration.vision.mean == [0.5, 0.25, 0.125])
    }
  }

  @Test(arguments: [
    ("image_mean", "[1e300, 0, 0]"), ("image_std", "[0, 1, 1]"), ("image_std", "[1e-300, 1, 1]"),
    ("image_mean", "[1, 2]"), ("do_normalize", "false"), ("resample", "2"),
    ("rescale_factor", "1.0"), ("crop_size", "336"), ("size", "{\"shortest_edge\": 96}"),
    ("image_grid_pinpoints", "[[1, 2]]"),
  ])
  func processorsOfOtherArithmeticAreRefused(key: String, value: String) throws {
    try Self.withModel { folder in
      let path = folder + "/preprocessor_config.json"
      try Self.editJSON(path, Self.set(nil, key, value))
      expectWeightError("\(key) \(value)", path: path, says: [key]) {
        _ = try WeightFormats.open(folder)
      }
    }
  }
}

/// Paths that people give and that are no model: the sentence names the cause and what would work.
@Suite struct ForeignModelTests {
  private static func refusal(
    _ label: String, says parts: [String], _ make: (String) throws -> String
  ) throws {
    try withFolder { folder in
      let path = try make(folder)
      expectWeightError(label, says: parts) { _ = try WeightFormats.open(path) }
    }
  }

  private static func file(_ folder: String, _ name: String, _ content: String = "x") throws
    -> String
  {
    try Data(content.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
    return folder + "/" + name
  }

  @Test(arguments: [
    ("adapter_config.json", "LoRA"), ("params.json", "Meta"), ("model.onnx", "ONNX"),
    ("model.safetensors", "config.json is missing"),
  ])
  func foreignFoldersAreNamed(entry: String, says: String) throws {
    try Self.refusal(entry, says: [says]) { folder in
      _ = try Self.file(folder, entry)
      return folder
    }
  }

  @Test func anAdapterBesideAConfigurationIsNamed() throws {
    try withCopy(of: ModelArchitectureTests.huggingFace) { folder in
      _ = try Self.file(folder, "adapter_config.json", "{}")
      _ = try WeightFormats.open(folder)
      try FileManager.default.removeItem(atPath: folder + "/model.safetensors")
      expectWeightError("LoRA", says: ["LoRA", "merge it"]) { _ = try WeightFormats.open(folder) }
    }
  }

  @Test func foreignFilesAreNamed() throws {
    try Self.refusal("ggml", says: ["older than GGUF"]) { try Self.file($0, "m.bin", "tjgg1234") }
    try Self.refusal("weights", says: ["config.json"]) { try Self.file($0, "m.safetensors") }
    try Self.refusal("in a folder", says: ["give its folder"]) { folder in
      _ = try Self.file(folder, "config.json", "{}")
      return try Self.file(folder, "model.safetensors")
    }
  }

  @Test func pointersOfGitLFSAreNamed() throws {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 14126800000\n"
    try Self.refusal("gguf", says: ["git-lfs", "git lfs pull"]) {
      try Self.file($0, "model.gguf", pointer)
    }
    try withCopy(of: ModelArchitectureTests.huggingFace) { folder in
      let path = try Self.file(folder, "model.safetensors", pointer)
      expectWeightError("safetensors", path: path, says: ["git-lfs"]) {
        _ = try WeightFormats.open(folder)
      }
    }
  }

  @Test func linksThatLeadNowhereAreNamed() throws {
    try withCopy(of: ModelArchitectureTests.huggingFace) { folder in
      let path = folder + "/model.safetensors"
      try FileManager.default.removeItem(atPath: path)
      try FileManager.default.createSymbolicLink(
        atPath: path, withDestinationPath: "../blobs/none")
      expectWeightError("weights", path: path, says: ["a link to '../blobs/none'"]) {
        _ = try WeightFormats.open(folder)
      }
    }
  }

  @Test func aRevisionWithoutMainIsTakenWhenItIsTheOnlyOne() throws {
    try withFolder { folder in
      let environment = ["HF_HUB_CACHE": folder]
      let snapshots = folder + "/models--llava-hf--tiny/snapshots"
      func make(_ revision: String) throws {
        try FileManager.default.createDirectory(
          atPath: snapshots + "/" + revision, withIntermediateDirectories: true)
      }
      try make("abc")
      #expect(
        try ModelLocator.resolve("llava-hf/tiny", environment: environment).path
          == snapshots + "/abc")
      try make("def")
      expectWeightError(
        "two", path: folder + "/models--llava-hf--tiny",
        says: ["refs/main", "'llava-hf/tiny@abc'", "'llava-hf/tiny@def'"]
      ) {
        _ = try ModelLocator.resolve("llava-hf/tiny", environment: environment)
      }
    }
  }
}
