import Foundation
import TestSupport
import Testing

@testable import Inference

/// Readers of model files meet numbers that no writer writes.
@Suite struct WeightExtremeNumberTests {
  private static let model = Oracle.path("models/tiny-gqa/hf")

  /// Every number of the configuration files, replaced: a refusal, or a configuration.
  @Test(arguments: ["config.json", "preprocessor_config.json"])
  func configurationsAreRefusedOrRead(name: String) throws {
    let text = String(decoding: try Oracle.bytes(Self.model + "/" + name), as: UTF8.self)
    let vision = try ConfigurationFile(
      path: "config.json", data: Data(Oracle.bytes(Self.model + "/config.json"))
    ).section("vision_config")
    var refused = 0
    for changed in replacingNumbers(in: text, count: extremeNumbers.count) {
      do {
        let file = try ConfigurationFile(path: name, data: Data(changed.utf8))
        if name == "config.json" {
          _ = try TextConfiguration(file.section("text_config"), decoder: .llama)
          _ = try VisionConfiguration(
            file.section("vision_config"), tower: .clip,
            featureLayers: [file.integer("vision_feature_layer", default: -2, in: -512...512)],
            processor: nil)
        } else {
          _ = try VisionConfiguration(vision, tower: .clip, featureLayers: [-2], processor: file)
        }
      } catch { refused += 1 }
    }
    #expect(refused > 20)
  }

  /// Every byte before the tensors' data, set to each of two values: an error, or numbers.
  @Test func headersOfGGUFFilesAreRefusedOrRead() throws {
    let bytes = try Oracle.bytes(Oracle.path("models/tiny-gqa/gguf/mmproj-tiny-gqa-q8_0.gguf"))
    let name = Array("v.blk.2.ln2.bias".utf8)
    let end = try #require(bytes.firstRange(of: name)).upperBound
    var refused = 0
    try withFile(bytes, name: "mmproj.gguf") { path in
      let descriptor = open(path, O_RDWR)
      defer { close(descriptor) }
      func put(_ byte: UInt8, at offset: Int) {
        #expect(withUnsafeBytes(of: byte) { pwrite(descriptor, $0.baseAddress, 1, offset) } == 1)
      }
      for offset in stride(from: 0, to: end, by: 3) {
        for byte in [0xFF, 0x7F] as [UInt8] {
          put(byte, at: offset)
          do {
            let file = try GGUFFile(path: path)
            _ = try VisionConfiguration(gguf: file)
          } catch is WeightError { refused += 1 }
        }
        put(bytes[offset], at: offset)
      }
    }
    #expect(refused > 100)
  }

  @Test func safetensorsHeadersAreRefusedOrRead() throws {
    let bytes = try Oracle.bytes(Oracle.path("golden/policy/scores.safetensors"))
    let length = bytes.prefix(8).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
    let header = String(decoding: bytes[8..<8 + length], as: UTF8.self)
    let changes = replacingNumbers(in: header, count: 4).filter { $0 != header }
    #expect(changes.count > 20)
    for changed in changes {
      let count = withUnsafeBytes(of: UInt64(changed.utf8.count).littleEndian, Array.init)
      try withFile(count + Array(changed.utf8) + bytes[(8 + length)...]) { path in
        expectRefusal(WeightError.self, says: ["'\(path)' is damaged: "], changed) {
          try SafetensorsFile.tensors(of: MappedFile(path: path))
        }
      }
    }
  }
}
