import Basics
import Foundation
import TestSupport
import Testing

@testable import Inference

@Suite struct WeightConversionTests {
  private static let models = Oracle.path("models")

  private static func convert<Result>(
    _ model: String, _ type: ElementType, _ body: (_ path: String) throws -> Result
  ) throws -> Result {
    try withFolder { folder in
      let files = try GGUFConversion.write(
        try WeightFormats.open("\(models)/\(model)"), type: type, to: folder + "/out.gguf",
        pool: ThreadPool(threads: 2))
      #expect(files.projector == folder + "/mmproj-out.gguf")
      return try body(files.text)
    }
  }

  /// The oracle's files were written by llama.cpp's own Python package.
  @Test(arguments: [
    ("tiny-mha", ElementType.q8_0, "tiny-mha-q8_0"), ("tiny-mha", .q4_0, "tiny-mha-q4_0"),
    ("tiny-gqa", .f16, "tiny-gqa-f16"), ("tiny-gqa", .q8_0, "tiny-gqa-q8_0"),
  ])
  func tensorsAreTheOraclesByteForByte(model: String, type: ElementType, file: String) throws {
    let expected = try GGUFFile(path: "\(Self.models)/\(model)/gguf/\(file).gguf").tensors
    try Self.convert("\(model)/llava-v1.5-\(model)", type) { path in
      let written = Dictionary(
        uniqueKeysWithValues: try GGUFFile(path: path).tensors.map { ($0.name, $0) })
      #expect(written.count == expected.count)
      for tensor in expected {
        let other = try #require(written[tensor.name])
        #expect(other.type == tensor.type && other.shape == tensor.shape, "\(tensor.name)")
        #expect(other.bytes.elementsEqual(tensor.bytes), "\(tensor.name)")
      }
    }
  }

  @Test func visionFileIsTheOraclesByteForByte() throws {
    let folder = Self.models + "/tiny-gqa"
    let expected = try GGUFFile(path: folder + "/gguf/mmproj-tiny-gqa-f16.gguf").tensors
    try Self.convert("tiny-gqa/llava-v1.5-tiny-gqa", .q8_0) { path in
      let projector = (path as NSString).deletingLastPathComponent + "/mmproj-out.gguf"
      let written = Dictionary(
        uniqueKeysWithValues: try GGUFFile(path: projector).tensors.map { ($0.name, $0) })
      for tensor in expected {
        let other = try #require(written[tensor.name])
        #expect(
          other.type == tensor.type && other.bytes.elementsEqual(tensor.bytes), "\(tensor.name)")
      }
    }
  }

  /// Heads need not share out the width: 4 heads of 24 in rows of 64.
  @Test func headsOfAnotherSizeSurvive() throws {
    try withCopy(of: "tiny-gqa/hf") { folder in
      let path = folder + "/model.safetensors"
      var writer = SafetensorsWriter()
      for tensor in try SafetensorsFile.tensors(of: MappedFile(path: path)) {
        var shape = tensor.shape
        if tensor.name.hasPrefix("language_model") {
          if tensor.name.hasSuffix("q_proj.weight") { shape = [96, 64] }
          if tensor.name.hasSuffix("k_proj.weight") { shape = [48, 64] }
          if tensor.name.hasSuffix("v_proj.weight") { shape = [48, 64] }
          if tensor.name.hasSuffix("o_proj.weight") { shape = [64, 96] }
        }
        let floats = try tensor.floats()
        let values = (0..<shape.reduce(1, *)).map { floats[$0 % floats.count] }
        writer.add(tensor.name, values, shape: shape)
      }
      let file = try OutputFile(path: path)
      try writer.write(to: file)
      try file.commit()
      let url = URL(fileURLWithPath: folder + "/config.json")
      let text = try String(contentsOf: url, encoding: .utf8)
      try Data(
        text.replacingOccurrences(
          of: "\"text_config\": {", with: "\"text_config\": {\"head_dim\": 24,"
        ).utf8
      ).write(to: url)
      let source = try WeightFormats.open(folder)
      #expect(source.configuration.text.headDim == 24)
      let target = folder + "/out.gguf"
      _ = try GGUFConversion.write(source, type: .f32, to: target, pool: ThreadPool(threads: 2))
      let copy = try WeightFormats.open(target)
      #expect(copy.configuration.text.headDim == 24)
      for part in ModelPart.all(in: copy.configuration) {
        #expect(try copy.tensor(part).floats() == source.tensor(part).floats(), "\(part)")
      }
    }
  }

  @Test(arguments: [
    "tiny-mha/hf", "tiny-mha/llava-v1.5-tiny-mha", "tiny-mha/gguf/tiny-mha-q8_0.gguf",
  ])
  func f32IsTheSameModelAgain(model: String) throws {
    let source = try WeightFormats.open("\(Self.models)/\(model)")
    try Self.convert(model, .f32) { path in
      let copy = try WeightFormats.open(path)
      var configuration = copy.configuration
      configuration.imageToken = source.configuration.imageToken
      #expect(configuration == source.configuration)
      for part in ModelPart.all(in: copy.configuration) {
        #expect(try copy.tensor(part).floats() == source.tensor(part).floats(), "\(part)")
      }
      for text in ["", " a", "Write a description.\n日本 </s>", "<image> <pad>"] {
        #expect(copy.tokenizer.encode(text) == source.tokenizer.encode(text))
      }
      #expect(copy.tokenizer.specials == source.tokenizer.specials)
    }
  }

  /// Rows of 96 do not fill blocks of 256: those matrices become Q8_0.
  @Test func q4kFallsBackWhereRowsAreTooShort() throws {
    let source = try WeightFormats.open(Self.models + "/tiny-mha/hf")
    try Self.convert("tiny-mha/hf", .q4_k) { path in
      let copy = try WeightFormats.open(path)
      #expect(try copy.tensor(.textBlock(0, .q)).type == .q8_0)
      #expect(try copy.tensor(.textBlock(0, .down)).type == .q4_k)
      let expected = try source.tensor(.textBlock(0, .down)).floats()
      let floats = try copy.tensor(.textBlock(0, .down)).floats()
      let error = zip(floats, expected).map { ($0 - $1) * ($0 - $1) }.reduce(0, +)
      let power = expected.map { $0 * $0 }.reduce(0, +)
      // 16 levels over groups of 32: about 0.5 % of the power of normally distributed weights.
      #expect(error / power < 0.008, "\(error / power)")
    }
  }

  @Test func modelsThatCannotBeWrittenAreRefused() throws {
    let path = Self.models + "/tiny-gqa/gguf/tiny-gqa-q8_0.gguf"
    let checkpoint = try WeightFormats.open(path)
    let pool = try ThreadPool(threads: 1)
    let type = ElementType(rawValue: "q5_k")!
    expectWeightError("type", says: ["Q5_K", "available: F32, F16, Q8_0, Q4_0, Q4_K"]) {
      _ = try GGUFConversion.write(checkpoint, type: type, to: "/tmp/x.gguf", pool: pool)
    }
    expectWeightError("over itself", path: path, says: ["is being read"]) {
      _ = try GGUFConversion.write(checkpoint, type: .q8_0, to: path, pool: pool)
    }
    try withFolder { folder in
      let target = folder + "/none/x.gguf"
      expectWeightError("no folder", path: target, says: ["cannot be created"]) {
        _ = try GGUFConversion.write(checkpoint, type: .q8_0, to: target, pool: pool)
      }
    }
  }
}
