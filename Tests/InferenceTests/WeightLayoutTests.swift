import Foundation
import TestSupport
import Testing

@testable import Inference

/// The oracle's models hold the same numbers in every layout.
@Suite struct WeightLayoutTests {
  private static let models = Oracle.path("models")

  private static let exact = [
    ("tiny-mha", "hf-sharded"), ("tiny-mha", "llava-v1.5-tiny-mha"),
    ("tiny-gqa", "llava-v1.5-tiny-gqa"), ("tiny-gqa", "gguf/tiny-gqa-f16.gguf"),
  ]

  @Test(arguments: exact)
  func layoutsHoldTheSameNumbers(model: String, layout: String) throws {
    let reference = try WeightFormats.open("\(Self.models)/\(model)/hf")
    let other = try WeightFormats.open("\(Self.models)/\(model)/\(layout)")
    var configuration = other.configuration
    configuration.text.vocabulary = reference.configuration.text.vocabulary
    configuration.imageToken = reference.configuration.imageToken
    #expect(configuration == reference.configuration)
    for part in ModelPart.all(in: other.configuration) {
      // The HF layout pads the vocabulary behind the rows of the others.
      let floats = try other.tensor(part).floats()
      #expect(try reference.tensor(part).floats().starts(with: floats), "\(part)")
    }
  }

  @Test(arguments: [("q8_0", "q8_0", 0.01), ("q4_0", "f16-legacy", 0.15)])
  func quantisedPairsAreClose(text: String, vision: String, tolerance: Float) throws {
    let folder = Self.models + "/tiny-mha"
    let reference = try WeightFormats.open(folder + "/hf")
    let other = try WeightFormats.open(
      "\(folder)/gguf/tiny-mha-\(text).gguf",
      options: CheckpointOptions(projector: "\(folder)/gguf/mmproj-tiny-mha-\(vision).gguf"))
    #expect(other.weightType.rawValue == text)
    for part in ModelPart.all(in: other.configuration) {
      let expected = try reference.tensor(part).floats()
      let floats = try other.tensor(part).floats()
      let largest = expected.map(abs).max() ?? 0
      #expect(!floats.isEmpty && floats.count <= expected.count, "\(part)")
      for (value, expected) in zip(floats, expected)
      where !(abs(value - expected) <= tolerance * largest) {
        Issue.record("\(part): \(value) instead of \(expected)")
        break
      }
    }
  }

  @Test func bothNamingsOfTheVisionFileAreTheSameModel() throws {
    let folder = Self.models + "/tiny-gqa/gguf"
    let checkpoints = try ["f16", "f16-legacy"].map { naming in
      try WeightFormats.open(
        folder + "/tiny-gqa-f16.gguf",
        options: CheckpointOptions(projector: "\(folder)/mmproj-tiny-gqa-\(naming).gguf"))
    }
    #expect(checkpoints[0].configuration == checkpoints[1].configuration)
    for part in ModelPart.all(in: checkpoints[0].configuration) {
      #expect(try checkpoints[0].tensor(part).floats() == checkpoints[1].tensor(part).floats())
    }
  }

  @Test func allTokenizersOfAModelAgree() throws {
    let folder = Self.models + "/tiny-mha"
    let texts = ["", " ", "Write a detailed description.\n日本", "</s> <0x0A>"]
    let reference = try WeightFormats.open(folder + "/hf").tokenizer
    for layout in ["llava-v1.5-tiny-mha", "gguf/tiny-mha-q8_0.gguf"] {
      let tokenizer = try WeightFormats.open("\(folder)/\(layout)").tokenizer
      for text in texts { #expect(tokenizer.encode(text) == reference.encode(text)) }
      #expect(tokenizer.specials == Specials(begin: 1, end: 2))
    }
  }

  @Test func templatesFollowTheLayout() throws {
    let folder = Self.models + "/tiny-mha"
    #expect(try WeightFormats.open(folder + "/hf").template.name == "hf")
    #expect(try WeightFormats.open(folder + "/llava-v1.5-tiny-mha").template.name == "llava_v1")
    #expect(try WeightFormats.open(folder + "/gguf/tiny-mha-q8_0.gguf").template.name == "llava_v1")
  }

  @Test func defaultsOfTheLibraryFillAConfiguration() throws {
    let file = try ConfigurationFile(path: "config.json", data: Data("{}".utf8))
    let text = try TextConfiguration(file, decoder: .llama)
    #expect(text.width == 4096 && text.layers == 32 && text.kvHeads == 32 && text.headDim == 128)
    #expect(text.feedForward == 11008 && text.vocabulary == 32000 && text.context == 2048)
    #expect(text.epsilon == 1e-6 && text.rotary.base == 10000)
    let vision = try VisionConfiguration(file, tower: .clip, featureLayers: [-2], processor: nil)
    #expect(vision.width == 768 && vision.layers == 11 && vision.heads == 12)
    #expect(vision.imageSide == 224 && vision.patch == 32 && vision.patches == 49)
  }

  /// The `config.json` of llava-hf/llava-1.5-7b-hf, shortened to the keys it has.
  @Test func publishedConfigurationIsLLaVA7B() throws {
    let json = """
      {"model_type": "llava", "image_token_index": 32000, "projector_hidden_act": "gelu",
       "text_config": {"max_position_embeddings": 4096, "model_type": "llama",
         "rms_norm_eps": 1e-05, "vocab_size": 32064},
       "vision_config": {"hidden_size": 1024, "image_size": 336, "intermediate_size": 4096,
         "model_type": "clip_vision_model", "num_attention_heads": 16, "num_hidden_layers": 24,
         "patch_size": 14, "projection_dim": 768, "vocab_size": 32000},
       "vision_feature_layer": -2, "vision_feature_select_strategy": "default"}
      """
    let file = try ConfigurationFile(path: "config.json", data: Data(json.utf8))
    let text = try TextConfiguration(file.section("text_config"), decoder: .llama)
    #expect(text.width == 4096 && text.vocabulary == 32064 && text.epsilon == 1e-5)
    let vision = try VisionConfiguration(
      file.section("vision_config"), tower: .clip, featureLayers: [-2], processor: nil)
    #expect(vision.layers == 23 && vision.patches == 576 && vision.headDim == 64)
  }
}
