import Basics
import Foundation
import TestSupport
import Testing

@testable import Inference

@Suite struct TokenizerHostileTests {
  private static let folder = Oracle.path("models/tiny-mha/hf")

  /// What a file that ends too soon lacks.
  private static let cutShort = ["a field is cut short", "outside the", "its model type is"]

  @discardableResult
  private static func readModel(_ data: Data) throws -> Tokenizer {
    try withFile(data, name: "tokenizer.model") {
      try SentencePieceModel.tokenizer(of: MappedFile(path: $0))
    }
  }

  @discardableResult
  private static func readJSON(_ text: String) throws -> Tokenizer {
    try withFile(text.utf8, name: "tokenizer.json") {
      try TokenizerJSON.tokenizer(of: MappedFile(path: $0))
    }
  }

  @Test func truncatedModelsAreRefused() throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: Self.folder + "/tokenizer.model"))
    // The normaliser comes last; what is cut before its end is noticed.
    for length in stride(from: 1, to: data.count - 40, by: 61) {
      expectWeightError("cut at \(length)", oneOf: Self.cutShort) {
        try Self.readModel(data.prefix(length))
      }
    }
  }

  @Test func randomBytesNeverCrash() throws {
    var random = SplitMix64(seed: 1)
    let text = "The quick brown fox.\n日本 </s>"
    var (refused, read) = (0, 0)
    let data = try Data(contentsOf: URL(fileURLWithPath: Self.folder + "/tokenizer.model"))
    for round in 0..<200 {
      var damaged = data
      for _ in 0...round % 5 {
        damaged[random.next(below: data.count)] = UInt8(random.next(below: 256))
      }
      // Some damage leaves a legal file: then it encodes and decodes.
      do {
        let tokenizer = try Self.readModel(damaged)
        let ids = tokenizer.encode(text)
        #expect(ids.allSatisfy { (0..<tokenizer.count).contains($0) })
        _ = tokenizer.decode(ids + Array(-1...tokenizer.count))
        read += 1
      } catch is WeightError {
        refused += 1
      }
    }
    #expect(read > 0 && refused > 0, "\(read) read, \(refused) refused")
  }

  @Test func otherKindsOfModelsAreRefused() {
    func model(_ trainer: ByteBuilder, _ normaliser: ByteBuilder) -> Data {
      let piece = ByteBuilder().u8(0x0a).u8(1).text("a").u8(0x15).u32(0)
      return
        (ByteBuilder().u8(0x0a).u8(UInt8(piece.data.count)) + Array(piece.data))
        .u8(0x12).u8(UInt8(trainer.data.count)).data + trainer.data
        + ByteBuilder().u8(0x1a).u8(UInt8(normaliser.data.count)).data + normaliser.data
    }
    let identity = ByteBuilder().u8(0x20).u8(0)
    expectWeightError("unigram", says: ["model type is 1"]) {
      try Self.readModel(model(ByteBuilder().u8(0x18).u8(1), identity))
    }
    expectWeightError("normalised", says: ["nmt_nfkc"]) {
      let normaliser = ByteBuilder().u8(0x0a).u8(8).text("nmt_nfkc").u8(0x12).u8(1).text("x")
      try Self.readModel(model(ByteBuilder().u8(0x18).u8(2), normaliser))
    }
    expectWeightError("end of sequence outside", says: ["outside the 1 pieces"]) {
      try Self.readModel(model(ByteBuilder().u8(0x18).u8(2), identity))
    }
  }

  @Test func brokenJSONIsRefused() throws {
    let whole = try String(contentsOfFile: Self.folder + "/tokenizer.json", encoding: .utf8)
    for length in [0, 1, 100, 5000, whole.count - 2] {
      expectWeightError("cut at \(length)", oneOf: ["is missing", "whole number"]) {
        try Self.readJSON(String(whole.prefix(length)) + " ")
      }
    }
    let edits = [
      ("\"BPE\"", "\"Unigram\"", "'Unigram'"),
      ("\"Prepend\"", "\"Lowercase\"", "normaliser"),
      ("\"he\": ", "\"he\": 99", "number"),
      ("\"id\": 1,", "\"id\": -5,", "ids do not number"),
      ("\"id\": 600,", "\"id\": 4000000000,", "ids do not number"),
    ]
    for (old, new, says) in edits {
      #expect(whole.contains(old), "\(old)")
      expectWeightError(new, says: [says]) {
        try Self.readJSON(whole.replacingOccurrences(of: old, with: new))
      }
    }
    expectWeightError("deep", says: ["nested too deeply"]) {
      try Self.readJSON(String(repeating: "{\"a\":", count: 100_000))
    }
  }

  /// Merges are pairs of pieces that make a piece, so a cycle cannot be written down.
  @Test func mergesThatMakeNoPieceAreRefused() {
    func json(_ merges: String) -> String {
      """
      {"added_tokens": [{"id": 0, "content": "<s>", "special": true},
         {"id": 1, "content": "</s>", "special": true}],
       "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
       "model": {"type": "BPE", "vocab": {"a": 2, "b": 3, "ab": 4}, "merges": [\(merges)]}}
      """
    }
    #expect(throws: Never.self) { try Self.readJSON(json(#""a b""#)) }
    #expect(throws: Never.self) { try Self.readJSON(json(#"["a", "b"]"#)) }
    // A space and the combining accent behind it are one `Character`.
    let accented = json(#""e \u0301""#).replacingOccurrences(
      of: #""ab": 4"#, with: #""ab": 4, "e": 5, "\u0301": 6, "e\u0301": 7"#)
    #expect(throws: Never.self) { try Self.readJSON(accented) }
    // A merge that would make a special token is passed over.
    #expect(throws: Never.self) { try Self.readJSON(json(#"["<", "s>"], ["<s", ">"]"#)) }
    for (merge, says) in [
      (#""ab a""#, "merge 0, 'ab' and 'a', uses a piece that is not in the vocabulary"),
      (#""a""#, "a merge has 1 parts, not 2"), (#""a b c""#, "merge"),
      (#""x y""#, "merge 0, 'x' and 'y', uses a piece that is not in the vocabulary"),
      (#"["a"]"#, "a merge has 1 parts, not 2"), ("1", "'\"' is missing"),
    ] {
      expectWeightError(merge, says: [says]) { try Self.readJSON(json(merge)) }
    }
  }
}
