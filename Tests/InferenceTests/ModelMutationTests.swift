import Basics
import Foundation
import TestSupport
import Testing

@testable import Inference

/// Model files with bytes or values changed: each is read, or refused by a `WeightError`. Any other error
/// fails the test, and a trap ends it.
@Suite struct ModelMutationTests {
  private static let models = Oracle.root + "/models/"

  /// What `body` made of a mutation.
  private enum Outcome { case read, refused }

  private static func outcome(_ body: () throws -> Void) throws -> Outcome {
    do {
      try body()
      return .read
    } catch is WeightError {
      return .refused
    }
  }

  /// Replaces up to four bytes of the first `prefix` at places and by values that the seed decides.
  private static func mutated(_ data: Data, prefix: Int, seed: UInt64) -> Data {
    var random = SplitMix64(seed: seed)
    var data = data
    for _ in 0...random.next(below: 4) {
      let place = random.next(below: min(prefix, data.count))
      let extremes: [UInt8] = [0, 1, 0x7f, 0x80, 0xff, UInt8(truncatingIfNeeded: random.next())]
      data[place] = extremes[random.next(below: extremes.count)]
    }
    return data
  }

  /// Counts the outcomes of 400 mutations; there must be some of each, or the mutations are too weak.
  private static func survey(
    _ file: String, prefix: Int, _ read: (MappedFile) throws -> Void
  ) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: models + file))
    var refused = 0
    try withFolder { folder in
      let path = folder + "/file"
      for seed in 0..<400 as Range<UInt64> {
        try mutated(data, prefix: prefix, seed: seed).write(to: URL(fileURLWithPath: path))
        if try outcome({ try read(MappedFile(path: path)) }) == .refused { refused += 1 }
      }
    }
    #expect(refused > 20 && refused < 400, "\(refused) of 400 were refused")
  }

  @Test func changedTextModelsAreReadOrRefused() throws {
    try Self.survey("tiny-gqa/gguf/tiny-gqa-q8_0.gguf", prefix: 1200) { file in
      let gguf = try GGUFFile(file)
      _ = try TextConfiguration(gguf: gguf)
      for tensor in gguf.tensors { _ = try tensor.floats() }
    }
  }

  @Test func changedVisionFilesAreReadOrRefused() throws {
    try Self.survey("tiny-gqa/gguf/mmproj-tiny-gqa-f16.gguf", prefix: 4000) { file in
      let gguf = try GGUFFile(file)
      _ = try VisionConfiguration(gguf: gguf)
      for tensor in gguf.tensors { _ = try tensor.floats() }
    }
  }

  @Test func changedSafetensorsAreReadOrRefused() throws {
    try Self.survey("tiny-gqa/hf/model.safetensors", prefix: 4000) { file in
      for tensor in try SafetensorsFile.tensors(of: file) { _ = try tensor.floats() }
    }
  }

  @Test func changedTorchFilesAreReadOrRefused() throws {
    let file = "tiny-gqa/clip-tiny-patch14-84/pytorch_model.bin"
    try Self.survey(file, prefix: 6000) { file in
      for tensor in try TorchFile.tensors(of: file) { _ = try tensor.floats() }
    }
  }

  /// Every value of a configuration is replaced by what JSON can hold at its extremes.
  @Test func changedConfigurationsAreReadOrRefused() throws {
    let values = [
      "-1", "0", "1", "2.5", "1e300", "-1e300", "1e-300", "9223372036854775807", "1e19", "true",
      "null", "\"text\"", "[]", "[1e300, 2, 3]", "{}", "{\"rope_type\": 1}",
    ]
    let path = Self.models + "tiny-gqa/hf"
    let processor = try #require(try ImageProcessor.section(in: path))
    let json = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: path + "/config.json")))
    let configuration = try #require(json as? [String: Any])
    var outcomes: [Outcome] = []
    for name in ["text_config", "vision_config"] {
      let section = try #require(configuration[name] as? [String: Any])
      let more = ["rope_theta", "rope_scaling", "rope_parameters", "head_dim", "sliding_window"]
      for key in section.keys.sorted() + more {
        for value in values {
          var changed = section
          changed[key] = try JSONSerialization.jsonObject(
            with: Data(value.utf8), options: .fragmentsAllowed)
          let file = try ConfigurationFile(
            path: "config.json", data: try JSONSerialization.data(withJSONObject: changed))
          outcomes.append(
            try Self.outcome {
              if name == "text_config" {
                for decoder in Decoders.all { _ = try TextConfiguration(file, decoder: decoder) }
              } else {
                _ = try VisionConfiguration(
                  file, tower: .clip, featureLayers: [-2], processor: processor)
              }
            })
        }
      }
    }
    #expect(outcomes.contains { $0 == .refused } && outcomes.contains { $0 == .read })
  }
}
