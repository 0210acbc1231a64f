import Basics
import Foundation
import TestSupport
import Testing

@testable import Inference

/// Damaged and foreign files of byte-level tokenizers are refused in a sentence that names the cause.
@Suite struct TokenizerByteLevelHostileTests {
  private static func read(_ text: String) throws -> Tokenizer {
    try withFolder { folder in
      let path = folder + "/tokenizer.json"
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      return try TokenizerJSON.tokenizer(of: MappedFile(path: path))
    }
  }

  /// What decoding would mend is refused, and what it leaves alone is not.
  @Test(
    arguments: [
      ([0xf0, 0x9f, 0x98], false), ([0xed, 0xa0, 0x80], false), ([0xc0, 0x80], false),
      ([0xff], false), ([0xe2, 0x82], false), ([0xef, 0xbf, 0xbd], true),
      ([0x65, 0xcc, 0x81], true), ([], true),
    ] as [([UInt8], Bool)])
  func stringsAreUTF8(bytes: [UInt8], isValid: Bool) {
    for (before, read) in [("\"", ""), ("\"\\n", "\n")] {
      let json = Array(before.utf8) + bytes + Array("\"".utf8)
      let text = json.withUnsafeBytes { json in
        var scanner = JSONScanner(json)
        return try? scanner.string()
      }
      #expect(text.map { Array($0.utf8) } == (isValid ? Array(read.utf8) + bytes : nil))
    }
  }

  private static func source(_ name: String) throws -> String {
    try String(contentsOfFile: FamilyFixtures.folder + "/\(name).json", encoding: .utf8)
  }

  /// Replaces the first occurrence, so that an edit that no longer applies is noticed.
  private static func edited(_ name: String, _ old: String, _ new: String) throws -> String {
    let text = try source(name)
    let range = try #require(text.range(of: old), "\(name).json holds no \(old)")
    return text.replacingCharacters(in: range, with: new)
  }

  @Test(arguments: [
    ("llama3", #"\\p{N}{1,3}"#, #"\\p{N}{1,2}"#, "unknown regular expression"),
    ("llama3", #""Isolated""#, #""Removed""#, "unknown regular expression"),
    ("gpt2", #""add_prefix_space": false"#, #""add_prefix_space": true"#, "in front of a text"),
    ("gpt2", #""use_regex": true"#, #""use_regex": false"#, "its pre-tokenizer is ByteLevel"),
    ("smollm", #""individual_digits": true"#, #""individual_digits": false"#, "Digits, ByteLevel"),
    ("qwen2", #""NFC""#, #""NFKC""#, "its normaliser is NFKC"),
    ("qwen2", #""BPE""#, #""WordPiece""#, "'WordPiece'"),
    ("qwen2", #""rstrip": false"#, #""rstrip": false, "lstrip": true"#, "lstrip or single_word"),
    ("qwen2", #""single_word": false"#, #""single_word": true"#, "lstrip or single_word"),
    (
      "gpt2", #""continuing_subword_prefix": null"#, #""continuing_subword_prefix": "@@""#,
      "affixes"
    ),
    ("spm", #""ignore_merges": false"#, #""ignore_merges": true"#, "ignore_merges"),
  ])
  func foreignKindsAreRefusedByName(
    name: String, old: String, new: String, says: String
  ) throws {
    let text = try Self.edited(name, old, new)
    expectWeightError(new, says: ["is not supported", says]) { _ = try Self.read(text) }
  }

  @Test(arguments: [
    // A merge of pieces that are not in the vocabulary.
    ("gpt2", #""merges": ["#, #""merges": [["qq", "zz"], "#, "not in the vocabulary"),
    ("gpt2", #""merges": ["#, #""merges": [["€", "!"], "#, "not in the vocabulary"),
    // Two tokens or two pieces with one id.
    ("qwen2", #""id": 451"#, #""id": 450"#, "is given to '<|endoftext|>' and to '<|im_start|>'"),
    ("gpt2", #""!": 0"#, #""!": 1"#, "is given to two pieces"),
    ("gpt2", #""id": 430"#, #""id": 4000000000"#, "do not number"),
    ("gpt2", #""id": 430"#, #""id": -1"#, "do not number"),
    // "!" is no longer a piece, so its byte cannot be spelled.
    ("gpt2", #""!": 0"#, #""!!!!!": 0"#, "no piece for the byte 33"),
  ])
  func contradictionsAreRefused(name: String, old: String, new: String, says: String) throws {
    let text = try Self.edited(name, old, new)
    expectWeightError(new, says: ["is damaged", says]) { _ = try Self.read(text) }
  }

  @Test func aBeginThatIsNoTokenIsRefused() throws {
    let text = try Self.edited(
      "llama3", #""id": "<|begin_of_text|>""#, #""id": "<|begin|>""#)
    expectWeightError("begin", says: ["begins with '<|begin|>'"]) { _ = try Self.read(text) }
  }

  @Test func damageNeverCrashes() throws {
    var generator = SplitMix64(seed: 11)
    for name in ["llama3", "qwen2", "smollm"] {
      let data = Array(try Self.source(name).utf8)
      var readable = 0
      for _ in 0..<40 {
        var damaged = data
        // Another letter leaves the file legal JSON, for the most part.
        let letters = damaged.indices.filter { 97...122 ~= damaged[$0] }
        damaged[letters[generator.next(below: letters.count)]] = UInt8(
          97 + generator.next(below: 26))
        do {
          let tokenizer = try Self.read(String(decoding: damaged, as: UTF8.self))
          let ids = tokenizer.encode(recognisingSpecialsIn: "The <|im_end|> 日本 123\n\n")
          #expect(!ids.isEmpty)
          _ = tokenizer.decode(ids + [-1, tokenizer.count, .max])
          readable += 1
        } catch is WeightError {}
      }
      #expect(readable > 0, "all damage was refused, so nothing was tried")
    }
  }

  // MARK: GGUF

  /// The metadata of a tokenizer with one value replaced or, with nil, left out.
  private static func readGGUF(
    _ name: String, _ key: String, _ value: GGUFWriter.Value?
  ) throws -> Tokenizer {
    let tokenizer = try FamilyFixtures.tokenizer(name)
    var writer = GGUFWriter()
    writer.metadata = GGUFTokenizer.metadata(of: tokenizer, rows: tokenizer.count)
      .filter { $0.key != key }
    if let value { writer.metadata.append((key, value)) }
    return try withFolder { folder in
      let path = folder + "/tokenizer.gguf"
      try writer.write(to: path, pool: ThreadPool(threads: 1)) { _, _ in }.commit()
      return try GGUFTokenizer.tokenizer(of: GGUFFile(path: path))
    }
  }

  @Test func unknownWaysToSplitAreRefusedByName() {
    expectWeightError("deepseek", says: ["'deepseek-llm'", "llama-bpe"]) {
      _ = try Self.readGGUF("llama3", "tokenizer.ggml.pre", .string("deepseek-llm"))
    }
    expectWeightError("absent", says: ["tokenizer.ggml.pre is ''"]) {
      _ = try Self.readGGUF("llama3", "tokenizer.ggml.pre", nil)
    }
    expectWeightError("kind", says: ["'bert'", "'llama', 'gpt2'"]) {
      _ = try Self.readGGUF("llama3", "tokenizer.ggml.model", .string("bert"))
    }
  }

  @Test func listsThatContradictEachOtherAreRefused() {
    let merges = "tokenizer.ggml.merges"
    for (line, says) in [("a b c", "3 parts"), ("a", "1 parts"), ("qq zz", "not in the voc")] {
      expectWeightError(line, says: [says]) {
        _ = try Self.readGGUF("gpt2", merges, .strings([Array(line.utf8)]))
      }
    }
    expectWeightError("types", says: ["but 1 types"]) {
      _ = try Self.readGGUF("gpt2", "tokenizer.ggml.token_type", .integers([1]))
    }
    expectWeightError("type", says: ["unknown type 9"]) {
      _ = try Self.readGGUF(
        "gpt2", "tokenizer.ggml.token_type", .integers(Array(repeating: 9, count: 431)))
    }
    expectWeightError("not a number", says: ["unknown type nan"]) {
      _ = try Self.readGGUF(
        "gpt2", "tokenizer.ggml.token_type", .floats(Array(repeating: .nan, count: 431)))
    }
    expectWeightError("end", says: ["eos_token_id"]) {
      _ = try Self.readGGUF("gpt2", "tokenizer.ggml.eos_token_id", .integer(431))
    }
  }

  @Test func furtherEndsAreRead() throws {
    let tokenizer = try Self.readGGUF("qwen2", "tokenizer.ggml.eot_token_id", .integer(450))
    #expect(tokenizer.specials.ends == [450, 452])
    let other = try Self.readGGUF("llama3", "tokenizer.ggml.add_bos_token", .boolean(false))
    #expect(other.specials.begin == nil)
    let usual = try Self.readGGUF("llama3", "tokenizer.ggml.add_bos_token", nil)
    #expect(usual.specials.begin == 473)
  }
}
